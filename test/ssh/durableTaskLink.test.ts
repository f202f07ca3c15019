import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Launch, OutputStream } from "../../src/tasks/remoteHost";
import { eventually } from "../support/eventually";
import { createLaunch } from "../support/launches";
import { killAll, uniqueMarker } from "../support/processes";
import { createSshTasks, type SshHarness } from "../support/sshHarness";

const MB = 1_000_000;

describe("a durable task whose link is lost", { timeout: 120_000 }, () => {
  let ssh: SshHarness;
  let state: string;
  const marker = uniqueMarker();
  before(async () => {
    state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
    ssh = await createSshTasks({ environment: { XDG_STATE_HOME: state }, proxied: true });
  });
  after(async () => {
    await killAll(marker);
    await ssh.close();
    rmSync(state, { recursive: true, force: true });
  });

  let count = 0;
  function start(command: string, changes: Partial<Launch> = {}) {
    const taskId = `build01:${marker}:${++count}`;
    const links: boolean[] = [];
    const launch = createLaunch({
      ...{ taskId, command, durable: true, onLink: (connected) => links.push(connected) },
      ...changes,
    });
    return { taskId, links, remote: ssh.hosts.host("build01").start(launch) };
  }

  it("runs on, and no byte is lost in 20 cuts during 200 MB", { timeout: 90_000 }, async () => {
    const received = createHash("sha256");
    let bytes = 0;
    let cuts = 0;
    const onOutput = (stream: OutputStream, chunk: Buffer): void => {
      if (stream === "stderr") return;
      received.update(chunk);
      bytes += chunk.length;
      if (bytes < (cuts + 1) * 9 * MB || cuts === 20) return;
      cuts++;
      setImmediate(() => ssh.proxy.cut());
    };
    const file = join(state, "random");
    const make = `head -c ${200 * MB} /dev/urandom >${file}; sha256sum <${file} >&2`;
    let sum = "";
    const { remote, links } = start(`${make}; cat ${file}; rm ${file}; exit 3`, {
      onOutput: (stream, chunk) => {
        if (stream === "stderr") sum += chunk.toString();
        onOutput(stream, chunk);
      },
    });

    const end = await remote.ended;

    assert.deepEqual([end, bytes, cuts], [{ kind: "exited", exitCode: 3 }, 200 * MB, 20]);
    assert.equal(received.digest("hex"), sum.slice(0, 64));
    assert.equal(links.filter((connected) => !connected).length, 20);
    remote.forget();
  });

  it("ends while there is no link, and says so once there is one", async () => {
    let out = "";
    const { remote, links } = start(`sleep 0.5; echo ${marker}; exit 4`, {
      onOutput: (_, bytes) => (out += bytes.toString()),
    });
    await remote.started;
    ssh.proxy.freeze();
    ssh.proxy.cut();
    await eventually("it is known", () => links.includes(false));
    await eventually("it has ended", () =>
      readdirSync(join(state, "ssh-tasks")).some((id) =>
        readdirSync(join(state, "ssh-tasks", id)).includes("exit.4"),
      ),
    );
    ssh.proxy.cut();
    ssh.proxy.thaw();

    const end = await remote.ended;

    assert.deepEqual([end, out], [{ kind: "exited", exitCode: 4 }, `${marker}\n`]);
    remote.forget();
  });

  it("is followed again when the process that follows it was killed", async () => {
    let out = "";
    const { remote } = start(`echo a; sleep ${marker}; echo b`, {
      onOutput: (stream, bytes) => (out += stream === "stdout" ? bytes.toString() : ""),
    });
    await eventually("it prints", () => out === "a\n");

    ssh.sshd.killConnections();
    await killAll(marker);

    const end = await remote.ended;
    assert.deepEqual([end, out], [{ kind: "exited", exitCode: 0 }, "a\nb\n"]);
    remote.forget();
  });
});
