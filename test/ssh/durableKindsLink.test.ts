import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startDurableHost, type DurableHost } from "../support/durableHost";
import { eventually } from "../support/eventually";
import { hostKinds } from "../support/hostKinds";
import { findByEnvironment, findProcesses, kill, killAll } from "../support/processes";

for (const kind of hostKinds) {
  describe(`the link of a durable task on ${kind.name}`, { timeout: 60_000 }, () => {
    let host: DurableHost;
    before(async () => (host = await startDurableHost(kind)));
    after(() => host.close());

    it("goes on when all connections are killed, and no byte is lost", async () => {
      const random = randomBytes(3_000_000);
      const file = join(host.state, "parts");
      writeFileSync(file, random, { mode: 0o644 });
      const part = `dd if=${file} bs=100000 count=1 2>/dev/null skip=`;
      const loop = `i=0; while [ $i -lt 30 ]; do ${part}$i; sleep 0.1; i=$((i+1)); done; exit 9`;
      const links: boolean[] = [];
      const { remote, bytes } = host.start(loop, { onLink: (connected) => links.push(connected) });
      for (const size of [300_000, 1_200_000]) {
        await eventually(`${size} bytes came`, () => bytes("stdout").length > size);
        host.ssh.sshd.killConnections();
      }

      const end = await remote.ended;

      assert.deepEqual(end, { kind: "exited", exitCode: 9 });
      assert.ok(bytes("stdout").equals(random));
      assert.ok(links.includes(false));
    });

    it("goes on when what follows it is killed time and again, and nobody of those is left", async () => {
      const others = findByEnvironment(host.mark).map(({ pid }) => pid);
      const random = randomBytes(2_000_000);
      const file = join(host.state, "pieces");
      writeFileSync(file, random, { mode: 0o644 });
      const part = `dd if=${file} bs=50000 count=1 2>/dev/null skip=`;
      const loop = `i=0; while [ $i -lt 40 ]; do ${part}$i; sleep 0.1; i=$((i+1)); done; exit 9`;
      const { remote, bytes } = host.start(loop);
      for (let kills = 0; kills < 5; kills++) {
        const before = bytes("stdout").length;
        await eventually("it is followed, and more has come", () => {
          const isFollowed = host.ssh.sshd.commands().length > 0;
          return isFollowed && bytes("stdout").length > before;
        });
        for (const pid of host.ssh.sshd.commands()) kill(pid, "SIGKILL");
      }

      const end = await remote.ended;

      assert.deepEqual(end, { kind: "exited", exitCode: 9 });
      assert.ok(bytes("stdout").equals(random));
      host.ssh.sshd.killConnections();
      await eventually("nobody is left", () =>
        findByEnvironment(host.mark).every(({ pid }) => others.includes(pid)),
      );
    });

    it("leaves nobody to follow it when the client is gone, and runs on", async () => {
      // Where it is the server that has it.
      const others = findByEnvironment(host.mark).map(({ pid }) => pid);
      const { remote } = host.start(`echo a; sleep ${host.marker}.8`);
      const process = await remote.started;
      await eventually("it runs", () => findProcesses(host.marker).length > 0);

      remote.release();
      host.ssh.sshd.killConnections();

      const own = [...others, Number(process?.supervisor)];
      await eventually(
        "only the task is left",
        () =>
          findByEnvironment(host.mark).every(
            ({ pid, session }) => own.includes(pid) || session === process?.pid,
          ),
        2000,
      );
      assert.equal(findProcesses(host.marker).length, 1);
      await killAll(host.marker);
    });

    it("is taken up again where another window has left it", async () => {
      const { remote, taskId, launch } = host.start("echo one; sleep 0.5; echo two; exit 5");
      const process = await remote.started;
      remote.release();
      let out = "";

      const adopted = host.ssh.hosts.host("build01").adopt({
        ...launch,
        ...{ taskId, process, follow: true, from: { stdout: 2, stderr: 0 } },
        onOutput: (_, bytes) => (out += bytes.toString()),
      });

      assert.deepEqual(await adopted.ended, { kind: "exited", exitCode: 5 });
      assert.equal(out, "e\ntwo\n");
    });
  });
}
