import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isEnded } from "../../src/tasks/task";
import { eventually } from "../support/eventually";
import { findProcesses, kill, killAll, uniqueMarker } from "../support/processes";
import { createSshTasks, type SshHarness } from "../support/sshHarness";

describe("a cancel that races the launch or the exit", () => {
  let ssh: SshHarness;
  let folder: string;
  before(async () => {
    ssh = await createSshTasks({ proxied: true });
    folder = await mkdtemp(join(tmpdir(), "canary-"));
  });
  after(async () => {
    await ssh.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("keeps a command from ever running when it comes during the connecting", async () => {
    const canary = join(folder, "connecting");
    ssh.proxy.freeze();
    const id = await ssh.start(`touch ${canary}`);
    await eventually("it connects", () => ssh.proxy.accepted() === 1);

    const { task, receipt, note } = await ssh.cancel(id);

    ssh.proxy.thaw();
    await ssh.run("true");
    assert.equal(task?.status, "cancelled");
    assert.equal(receipt?.verified, true);
    assert.deepEqual([receipt.processesFound, receipt.signals], [0, []]);
    assert.equal(note, "Verified: nothing of it was running on build01.");
    assert.equal(existsSync(canary), false);
  });

  it("keeps a command from ever running when its channel was not open yet", async () => {
    const canary = join(folder, "opening");
    await ssh.run("true");
    ssh.proxy.freezeOpen();
    const id = await ssh.start(`touch ${canary}`);
    await eventually("it is launched", () => ssh.tasks.getTask(id)?.status === "pending");

    const { task } = await ssh.cancel(id);

    ssh.proxy.thaw();
    await ssh.run("true");
    assert.equal(task?.status, "cancelled");
    assert.equal(existsSync(canary), false);
  });

  it(
    "keeps a command from ever running whose script was on its way",
    { timeout: 60_000 },
    async () => {
      const canary = join(folder, "on-its-way");
      await ssh.run("true");
      // Only the script of a launch is as large.
      ssh.proxy.freezeAt(8000);
      const id = await ssh.start(`touch ${canary}; sleep 60; exit`);
      await eventually("the script is sent", () => ssh.proxy.held() >= 8000);
      ssh.proxy.freezeAt(Infinity);

      const { task, receipt } = await ssh.cancel(id, { graceSeconds: 0 });
      ssh.proxy.deliver();
      ssh.proxy.thaw();

      assert.deepEqual([task?.status, receipt?.verified], ["cancelled", true]);
      assert.equal(receipt?.processesFound, 0);
      await eventually("the script has come and gone", () => ssh.sshd.commands().length <= 2);
      assert.equal(existsSync(canary), false);
    },
  );

  it("always comes to one true end at any moment of the launch", { timeout: 90_000 }, async () => {
    const marker = uniqueMarker();
    const ends = new Map<string, number>();
    const watching = ssh.tasks.onDidChangeTask((task) => {
      if (isEnded(task)) ends.set(task.id, (ends.get(task.id) ?? 0) + 1);
    });
    const ids: string[] = [];
    const race = async (round: number): Promise<void> => {
      const canary = join(folder, `race-${round}`);
      const id = await ssh.start(`touch ${canary}; sleep ${marker}.${round}; exit $?`);
      ids.push(id);
      await delay(randomInt(150));

      const { receipt } = await ssh.cancel(id, { graceSeconds: 0 });

      const { task } = await ssh.finish(id);
      assert.equal(task.status, "cancelled");
      assert.equal(receipt?.verified, true);
      assert.deepEqual(findProcesses(`${marker}.${round}`), []);
      if (receipt.processesFound === 0) assert.equal(existsSync(canary), false);
    };
    const lane = async (first: number): Promise<void> => {
      for (let round = first; round < 30; round += 3) await race(round);
    };
    try {
      await Promise.all([lane(0), lane(1), lane(2)]);

      assert.deepEqual(findProcesses(marker), []);
      assert.deepEqual(
        ids.map((id) => ends.get(id)),
        ids.map(() => 1),
      );
    } finally {
      watching.dispose();
      await killAll(marker);
    }
  });

  it(
    "does not hide the exit code of a command that had already ended",
    { timeout: 30_000 },
    async () => {
      const marker = uniqueMarker();
      const id = await ssh.startRunning(`sleep ${marker}.1; exit 7`);
      const [sleep] = await eventually("it sleeps", () => {
        const found = findProcesses(marker);
        return found.length === 1 && found;
      });
      // It ends on the host, and the news of that is stuck on the way.
      ssh.proxy.freezeOpen();
      const accepted = ssh.proxy.accepted();
      kill(Number(sleep?.pid), "SIGKILL");

      const cancelling = ssh.cancel(id, { graceSeconds: 0 });

      await eventually("the cancel takes another way", () => ssh.proxy.accepted() > accepted);
      ssh.proxy.thaw();
      const { task, receipt } = await cancelling;
      assert.equal(task?.status, "failed");
      assert.equal("exitCode" in task && task.exitCode, 7);
      assert.deepEqual([receipt?.processesFound, receipt?.signals], [0, []]);
    },
  );

  it("accepts nothing after the end, and changes nothing of it", async () => {
    const { task } = await ssh.run("exit 4");

    const outcome = await ssh.cancel(task.id);

    assert.equal(outcome.accepted, false);
    assert.deepEqual(outcome.task, task);
  });
});
