import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { Launch, OutputStream, RemoteTask } from "../../src/tasks/remoteHost";
import { eventually } from "../support/eventually";
import { createLaunch } from "../support/launches";
import { createSshTasks, isRoot } from "../support/sshHarness";

const MiB = 1024 * 1024;

/** A host whose folders for tasks lie on a disk of so many bytes, where that matters. */
async function createHost(t: TestContext, options: { disk?: number; maxSpoolBytes?: number }) {
  const state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
  const { disk, maxSpoolBytes = 1024 * MiB } = options;
  if (disk !== undefined) {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${disk}`, "tmpfs", state]);
  }
  const ssh = await createSshTasks({
    environment: { XDG_STATE_HOME: state, TMPDIR: state },
    limits: { maxSpoolBytes },
  });
  const remotes: RemoteTask[] = [];
  t.after(async () => {
    for (const remote of remotes) remote.release();
    await ssh.close();
    if (disk !== undefined) execFileSync("umount", ["-l", state]);
    rmSync(state, { recursive: true, force: true });
  });
  let count = 0;
  const start = (command: string, changes: Partial<Launch> = {}) => {
    const taskId = `build01:${process.pid}:${++count}`;
    const launch = createLaunch({ taskId, command, durable: true, ...changes });
    const folder = join(state, "ssh-tasks", taskId);
    const remote = ssh.hosts.host("build01").start(launch);
    remotes.push(remote);
    return { taskId, folder, remote };
  };
  return { ssh, start };
}

describe("the output of a durable task on its host", { timeout: 60_000 }, () => {
  it(
    "is bounded: the oldest goes, and who reads from there is told",
    { timeout: 30_000 },
    async (t) => {
      const { ssh, start } = await createHost(t, { maxSpoolBytes: MiB });
      const { taskId, folder, remote } = start(
        `head -c ${8 * MiB} /dev/zero | tr '\\0' x; sleep 7; echo end`,
      );
      await remote.started;
      await eventually(
        "the oldest is dropped",
        () => readdirSync(folder).some((name) => name.startsWith("dropped.out.")),
        15_000,
      );
      assert.equal(statSync(join(folder, "out")).size, 8 * MiB);
      const taken = (): number => statSync(join(folder, "out")).blocks * 512;
      await eventually("it takes less", () => taken() <= 2 * MiB);
      const gaps: number[] = [];
      let bytes = 0;
      let zeros = 0;
      const sinks = createLaunch({
        onOutput: (_: OutputStream, chunk) => {
          bytes += chunk.length;
          for (const byte of chunk) if (byte === 0) zeros++;
        },
        onGap: (_, to) => gaps.push(to),
      });

      const adopted = ssh.hosts.host("build01").adopt({
        ...{ ...sinks, taskId, follow: true, process: await remote.started },
        from: { stdout: 0, stderr: 0 },
      });

      assert.deepEqual(await adopted.ended, { kind: "exited", exitCode: 0 });
      const [gap = 0] = gaps;
      assert.deepEqual([gaps.length, zeros, gap + bytes], [1, 0, 8 * MiB + 4]);
      adopted.forget();
    },
  );

  if (isRoot) {
    it("may fill the disk: the exit code is kept all the same", async (t) => {
      const { start } = await createHost(t, { disk: 2 * MiB });

      const { remote } = start(`head -c ${8 * MiB} /dev/zero 2>/dev/null; exit 9`);

      assert.deepEqual(await remote.ended, { kind: "exited", exitCode: 9 });
    });

    it("goes to another place where a disk is full before", async (t) => {
      const { ssh, start } = await createHost(t, { disk: MiB });
      const { folder } = start("true");
      execFileSync(
        "sh",
        ["-c", `head -c ${2 * MiB} /dev/zero >"$1" || true`, "sh", join(folder, "../../filler")],
        {
          stdio: "ignore",
        },
      );
      let out = "";

      const {
        folder: full,
        remote,
        taskId,
      } = start("echo kept", {
        onOutput: (_, bytes) => (out += bytes.toString()),
      });

      assert.deepEqual([await remote.ended, out], [{ kind: "exited", exitCode: 0 }, "kept\n"]);
      assert.throws(() => statSync(full));
      assert.ok(ssh.sshd.alias);
      const user = process.getuid?.() ?? 0;
      assert.ok(statSync(join(`/var/tmp/ssh-tasks-${user}`, taskId)).isDirectory());
      remote.forget();
    });
  }
});
