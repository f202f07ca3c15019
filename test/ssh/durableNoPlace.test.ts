import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { createSshTasks, isRoot, type SshHarness } from "../support/sshHarness";
import type { Userland } from "../support/sshServer";

const because =
  "build01 can't keep a task beyond its connection: ~/.local/state, /var/tmp, /tmp and /dev/shm are full or can't be written to.";
/** Where not even root can make a folder. */
const noPlace = "/proc/tty";

// Other folders can be had in the place of the machine's own as root alone.
for (const userland of isRoot ? (["GNU", "BusyBox"] satisfies Userland[]) : []) {
  describe(
    `a durable task on a host that has no place for it (${userland})`,
    { timeout: 60_000 },
    () => {
      let ssh: SshHarness;
      const marker = uniqueMarker();
      before(async () => {
        const mounts = ["/var/tmp", "/dev/shm"].map((target) => ({ source: noPlace, target }));
        const environment = { XDG_STATE_HOME: noPlace, TMPDIR: noPlace };
        ssh = await createSshTasks({ userland, mounts, environment });
      });
      after(async () => {
        await killAll(marker);
        await ssh.close();
      });

      it("runs attached, once, and says why", async () => {
        const id = await ssh.start("echo out; echo err >&2; exit 7", { durable: true });

        const { task, stdout, stderr } = await ssh.finish(id);

        assert.ok(task.status === "failed");
        assert.deepEqual([task.exitCode, task.error], [7, undefined]);
        assert.deepEqual([task.durable, task.attachedBecause], [true, because]);
        assert.deepEqual([stdout, stderr], ["out\n", "err\n"]);
      });

      it("is cancelled as any attached task", async () => {
        const id = await ssh.start(`sleep ${marker}.1`, { durable: true });
        await eventually("it runs", () => findProcesses(marker).length > 0);
        await eventually("it is known", () => ssh.tasks.getTask(id)?.status === "running");

        const { task } = await ssh.cancel(id);

        assert.equal(task?.status, "cancelled");
        assert.deepEqual(findProcesses(marker), []);
      });
    },
  );
}
