import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CancelOutcome } from "../../src/tasks/cancelOutcome";
import type { CancelRequest } from "../../src/tasks/cancelReceipt";
import { TaskError } from "../../src/tasks/taskError";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { hang, reports, whenForced } from "../support/fakeRemoteHost";

const cancel: CancelRequest = { requestedBy: "tree", reason: "no longer needed" };
const later: CancelRequest = { requestedBy: "agent:test", reason: "changed my mind" };

/** Watches an answer without waiting for it. */
function watch(answer: Promise<CancelOutcome>): { outcome: CancelOutcome | undefined } {
  const watched: { outcome: CancelOutcome | undefined } = { outcome: undefined };
  void answer.then((outcome) => (watched.outcome = outcome));
  return watched;
}

describe("a cancel", () => {
  it("of a task that waits for its place ends it, and its command never runs", async () => {
    const { tasks, hosts, start, startRunning } = createTasks({ limits: { maxRunningPerHost: 1 } });
    const { remote: busy } = await startRunning();
    const queued = await start();

    const { accepted, task, receipt } = await tasks.cancelTask(queued.id, cancel);
    busy.exit(0);
    await settle();

    assert.deepEqual([accepted, task?.status, receipt?.verified], [true, "cancelled", true]);
    assert.equal(receipt?.processesFound, 0);
    assert.equal(hosts.launched.length, 1);
  });

  it("of a task that still connects ends it, and its command never runs", async () => {
    const { tasks, hosts, start } = createTasks();
    const { id } = await start();

    const { task, receipt, note } = await tasks.cancelTask(id, cancel);

    assert.deepEqual([task?.status, receipt?.verified], ["cancelled", true]);
    assert.equal(note, "Verified: nothing of it was running on build01.");
    assert.equal(hosts.last.climbs.length, 1);
    assert.throws(() => hosts.last.run(), /neverRan/);
  });

  it("of a running task ends its processes, and hands over the receipt", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();

    const outcome = await tasks.cancelTask(task.id, { ...cancel, graceSeconds: 3 });

    assert.equal(outcome.accepted, true);
    assert.equal(outcome.task, tasks.getTask(task.id));
    assert.ok(outcome.task?.status === "cancelled");
    assert.equal(outcome.task.receipt, outcome.receipt);
    assert.equal(outcome.task.hostAddress, "192.0.2.1");
    assert.deepEqual([outcome.receipt?.verified, outcome.receipt?.processesFound], [true, 3]);
    assert.deepEqual(
      [outcome.receipt?.requestedBy, outcome.receipt?.reason],
      [cancel.requestedBy, cancel.reason],
    );
    assert.equal(outcome.note, "Verified: 3 processes gone from build01 after TERM, 0.0 s.");
    assert.deepEqual(
      remote.climbs.map(({ graceSeconds }) => graceSeconds),
      [3],
    );
    assert.equal(remote.released, true);
    assert.equal(clock.pendingTimers, 0);
  });

  for (const end of ["completed", "failed", "cancelled"] as const) {
    it(`of a task that is ${end} is not accepted, changes nothing and is no failure`, async () => {
      const { tasks, startRunning } = createTasks();
      const { task, remote } = await startRunning();
      if (end === "cancelled") await tasks.cancelTask(task.id, cancel);
      else remote.exit(end === "completed" ? 0 : 1);
      await settle();
      const before = tasks.getTask(task.id);

      const outcome = await tasks.cancelTask(task.id, later);

      assert.equal(before?.status, end);
      assert.deepEqual(outcome, { accepted: false, task: before });
      assert.equal(tasks.getTask(task.id), before);
    });
  }

  it("of an unknown task is not accepted and is no failure", async () => {
    const { tasks } = createTasks();

    assert.deepEqual(await tasks.cancelTask("unknown", cancel), { accepted: false });
  });

  it("with a bad grace is refused and cancels nothing", async () => {
    const { tasks, startRunning } = createTasks();
    const { task } = await startRunning();

    await assert.rejects(
      tasks.cancelTask(task.id, { ...cancel, graceSeconds: 31 }),
      (error) => error instanceof TaskError && error.code === "invalidRequest",
    );
    assert.equal(tasks.getTask(task.id)?.status, "running");
  });

  it("is logged with who asked for it, in every case", async () => {
    const { tasks, log, startRunning } = createTasks();
    const { task } = await startRunning();

    await tasks.cancelTask(task.id, cancel);
    await tasks.cancelTask(task.id, later);
    await tasks.cancelTask("unknown", later);

    assert.deepEqual(
      log.filter((line) => line.includes("requested by")),
      [
        `info: cancel of ${task.id} requested by tree: accepted`,
        `info: cancel of ${task.id} requested by agent:test: cancelled`,
        "info: cancel of unknown requested by agent:test: unknown",
      ],
    );
  });

  it("is logged with its receipt when it ends, in one line without the command", async () => {
    const { tasks, startRunning, log } = createTasks();
    const { task } = await startRunning({ command: "echo secret" });

    await tasks.cancelTask(task.id, cancel);

    const sentence = "Verified: 3 processes gone from build01 after TERM, 0.0 s.";
    const lines = log.filter((line) => line.includes("Verified"));
    assert.deepEqual(lines, [`info: ${task.id} is cancelled; cancel by tree: ${sentence}`]);
    assert.doesNotMatch(log.join("\n"), /secret/);
  });

  it("that comes after the command's own end leaves it its true exit code", async () => {
    for (const [exitCode, status] of [
      [0, "completed"],
      [3, "failed"],
    ] as const) {
      const { tasks, clock, startRunning } = createTasks();
      const { task, remote } = await startRunning();
      remote.onCancel = () => Promise.resolve(reports.exitCameFirst);
      const answer = watch(tasks.cancelTask(task.id, cancel));

      await clock.advance(1500);
      remote.exit(exitCode);
      await settle();

      const ended = answer.outcome?.task;
      assert.ok(ended && "exitCode" in ended && "receipt" in ended);
      assert.deepEqual([ended.status, ended.exitCode], [status, exitCode]);
      assert.equal(ended.receipt?.verified, true);
    }
  });

  it("is not overwritten by an exit that comes late", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    remote.onCancel = () => Promise.resolve(reports.gone(clock.now()));
    const answer = watch(tasks.cancelTask(task.id, cancel));
    await clock.advance(1000);

    assert.equal(answer.outcome?.task?.status, "cancelled");
    remote.exit(0);
    await settle();

    assert.equal(tasks.getTask(task.id), answer.outcome.task);
  });

  it("keeps what was written until the end was seen, and nothing after it", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    remote.onCancel = () => Promise.resolve(reports.gone(clock.now()));
    void tasks.cancelTask(task.id, cancel);
    await settle();

    remote.write("stdout", "last words\n");
    await clock.advance(1000);
    remote.write("stdout", "from beyond\n");

    assert.equal(tasks.summarizeOutput(task.id, 100)?.stdout, "last words\n");
  });
});

describe("a cancel asked for twice", () => {
  it("is one cancel: one climb, the first reason, the same end for both", async () => {
    const { tasks, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    let answerHost = (): void => undefined;
    remote.onCancel = () =>
      new Promise((resolve) => (answerHost = () => resolve(remote.endTree())));

    const first = watch(tasks.cancelTask(task.id, cancel));
    const second = watch(tasks.cancelTask(task.id, later));
    await settle();
    assert.deepEqual([first.outcome, second.outcome], [undefined, undefined]);
    answerHost();
    await settle();

    assert.equal(remote.climbs.length, 1);
    assert.deepEqual(first.outcome, second.outcome);
    assert.equal(first.outcome?.accepted, true);
    const { receipt } = first.outcome;
    assert.deepEqual([receipt?.requestedBy, receipt?.reason], [cancel.requestedBy, cancel.reason]);
  });

  for (const sooner of [{ force: true }, { graceSeconds: 0 }, { force: false, graceSeconds: 0 }]) {
    it(`ends the grace at once with ${JSON.stringify(sooner)}`, async () => {
      const { tasks, startRunning } = createTasks();
      const { task, remote } = await startRunning();
      remote.onCancel = (climb) => whenForced(climb, () => remote.endTree());
      const first = watch(tasks.cancelTask(task.id, { ...cancel, graceSeconds: 30 }));

      const second = watch(tasks.cancelTask(task.id, { ...later, ...sooner }));
      await settle();

      assert.equal(second.outcome?.task?.status, "cancelled");
      assert.equal(second.outcome.receipt?.reason, cancel.reason);
      assert.deepEqual(first.outcome, second.outcome);
      assert.equal(remote.climbs.length, 1);
    });
  }

  it("shortens the grace to that of the second request when that ends sooner", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    remote.onCancel = (climb) => whenForced(climb, () => remote.endTree());
    void tasks.cancelTask(task.id, { ...cancel, graceSeconds: 30 });
    await clock.advance(3000);

    const second = watch(tasks.cancelTask(task.id, { ...later, graceSeconds: 1 }));
    await clock.advance(1000);

    assert.equal(second.outcome?.task?.status, "cancelled");
  });

  it("never lengthens the grace", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    remote.onCancel = hang;

    void tasks.cancelTask(task.id, { ...cancel, graceSeconds: 1 });
    void tasks.cancelTask(task.id, { ...later, graceSeconds: 30 });
    await clock.advance(0);

    assert.deepEqual(
      remote.climbs.map(({ graceSeconds }) => graceSeconds),
      [1],
    );
  });
});
