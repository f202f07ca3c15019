import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventually } from "../../support/eventually";
import { findProcesses, uniqueMarker } from "../../support/processes";
import { createSshTasks, type SshHarness } from "../../support/sshHarness";

for (const durable of [true, false]) {
  describe(`a ${durable ? "durable" : "attached"} task over the system's ssh`, { timeout: 60_000 }, () => {
    let ssh: SshHarness;
    before(async () => {
      ssh = await createSshTasks({ transport: "ssh" });
    });
    after(() => ssh.close());

    it("has its output and its exit code", async () => {
      const { task, stdout, stderr } = await ssh.run("echo out; echo er >&2; exit 7");

      assert.equal(stdout, "out\n");
      assert.equal(stderr, "er\n");
      assert.equal(task.exitCode, 7);
    });

    it("is cancelled, and nothing of it is left", async () => {
      const marker = uniqueMarker();
      const id = await ssh.startRunning(`sleep ${marker}.1 & sleep ${marker}.2`);
      await eventually("both run", () => findProcesses(marker).length >= 2);

      const outcome = await ssh.cancel(id);

      assert.equal(outcome.receipt?.verified, true);
      assert.equal(findProcesses(marker).length, 0);
    });

    it("has every byte of much output", async () => {
      const { end, stdout } = await ssh.runBytes("head -c 20000000 /dev/zero; exit 3");

      assert.deepEqual({ ...end, leftRunning: 0 }, { kind: "exited", exitCode: 3, leftRunning: 0 });
      assert.equal(stdout.length, 20_000_000);
    });
  });
}
