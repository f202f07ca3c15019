import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatTaskRecord, parseTaskRecord } from "../../src/store/taskRecord";
import { CancelLadder } from "../../src/tasks/cancelLadder";
import type { CancelRequest } from "../../src/tasks/cancelReceipt";
import type { CancelClimb, CancelReport } from "../../src/tasks/remoteHost";
import { elapsedMs, type Task } from "../../src/tasks/task";
import { formatElapsed } from "../../src/ui/elapsed";
import { createTasks } from "../support/createTasks";
import { FakeClock, settle } from "../support/fakeClock";
import { hang, reports } from "../support/fakeRemoteHost";
import { createNextWindow, storedTask } from "./storedTasks";

const day = 24 * 3_600_000;
const cancel: CancelRequest = { requestedBy: "tree", reason: "no longer needed" };

for (const [how, jump] of [
  ["ahead", day],
  ["back", -day],
] as const) {
  describe(`a clock that is set ${how} by a day`, () => {
    async function createRunning(maxSeconds = 0) {
      const harness = createTasks();
      const { task, remote } = await harness.startRunning({ durable: true, maxSeconds });
      const now = (): Task => {
        const found = harness.tasks.getTask(task.id);
        assert.ok(found);
        return found;
      };
      return { ...harness, remote, id: task.id, now };
    }

    it("leaves the deadline of a task where it was", async () => {
      const { clock, remote, now } = await createRunning(60);
      await clock.advance(10_000);

      clock.set(jump);
      await clock.advance(49_999);
      assert.equal(now().status, "running");
      await clock.advance(1);

      assert.equal(remote.climbs.length, 1);
      const task = now();
      assert.ok(task.status === "failed");
      assert.equal(task.timeout, true);
      assert.ok(elapsedMs(task, clock.now()) >= 0);
    });

    it("leaves a task that has no link as it is, for a time that is not below nothing", async () => {
      const { clock, remote, now } = await createRunning();
      remote.link(false);
      const before = now();

      clock.set(jump);
      await clock.advance(60_000);

      assert.deepEqual(now(), before);
      assert.ok(elapsedMs(now(), clock.now()) >= 0);
      assert.doesNotMatch(formatElapsed(now(), clock.now()), /-/);
      remote.link(true);
      remote.exit(0);
      await settle();
      assert.equal(now().status, "completed");
      assert.ok(elapsedMs(now(), clock.now()) >= 0);
    });

    it("ends no grace early, and makes none longer, over the attempts of a cancel", async () => {
      const { clock, remote, tasks, id, now } = await createRunning();
      remote.onCancel = () => Promise.resolve(reports.left(clock.now()));
      void tasks.cancelTask(id, { ...cancel, graceSeconds: 10 });
      await settle();
      clock.set(jump);
      remote.onCancel = () => Promise.resolve(reports.gone(clock.now()));

      await clock.advance(999);
      assert.equal(remote.climbs.length, 1);
      await clock.advance(1);

      assert.deepEqual(
        remote.climbs.map(({ graceSeconds }) => graceSeconds),
        [10, 9],
      );
      await clock.advance(2000);
      const task = now();
      assert.ok(task.status === "cancelled");
      assert.ok(task.receipt.durationMs >= 0);
      assert.deepEqual(parseTaskRecord(formatTaskRecord({ task })), { task });
    });

    it("ends no grace early when it is set during an attempt", async () => {
      const clock = new FakeClock();
      const ladder = new CancelLadder({ ...cancel, graceSeconds: 10 }, clock);
      const climbs: CancelClimb[] = [];
      const climb = (report: () => Promise<CancelReport>) =>
        ladder.climb({ cancel: (options) => (climbs.push(options), report()) });

      await climb(async () => {
        const at = clock.now();
        await clock.advance(4000);
        clock.set(jump);
        return reports.left(at);
      });
      await clock.advance(1000);
      await climb(() => Promise.resolve(reports.gone(clock.now())));

      const grace = climbs[1]?.graceSeconds ?? 0;
      assert.ok(grace >= 5 && grace <= 10, String(grace));
    });

    it("keeps nobody from ending a grace that a later request has shortened", async () => {
      const { clock, remote, tasks, id } = await createRunning();
      remote.onCancel = hang;
      void tasks.cancelTask(id, { ...cancel, graceSeconds: 30 });
      void tasks.cancelTask(id, { ...cancel, graceSeconds: 20 });
      await settle();
      clock.set(jump);

      void tasks.cancelTask(id, { ...cancel, graceSeconds: 2 });
      await clock.advance(1999);
      assert.equal(remote.climbs[0]?.force.aborted, false);
      await clock.advance(1);

      assert.equal(remote.climbs[0].force.aborted, true);
    });

    it("ends no wait early, and makes none longer", async () => {
      const { clock, tasks, id } = await createRunning();
      let waited = false;
      void tasks.waitForTask(id, { timeoutMs: 5000 }).then(() => (waited = true));
      clock.set(jump);

      await clock.advance(4999);
      assert.equal(waited, false);
      await clock.advance(1);

      assert.equal(waited, true);
    });
  });
}

describe("a clock that is set back", () => {
  it("gives a task that is taken up again no more than all of its time", async () => {
    const createdAt = new FakeClock().now() + day;
    const { clock, remote } = await createNextWindow([
      storedTask("running", { maxSeconds: 60, createdAt }),
    ]);

    await clock.advance(59_999);
    assert.equal(remote().climbs.length, 0);
    await clock.advance(1);

    assert.equal(remote().climbs.length, 1);
  });

  it("keeps an ended task no longer than any", async () => {
    const { clock, tasks, startRunning, limits } = createTasks();
    const { task, remote } = await startRunning();
    remote.exit(0);
    await settle();

    clock.set(-day);

    const ended = tasks.getTask(task.id);
    assert.ok(ended);
    assert.equal(tasks.keepSeconds(ended), limits.keepSeconds);
  });
});
