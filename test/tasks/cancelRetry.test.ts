import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CancelOutcome } from "../../src/tasks/cancelOutcome";
import type { CancelRequest } from "../../src/tasks/cancelReceipt";
import { createTasks, type CreateTasksOptions } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { hang, reports } from "../support/fakeRemoteHost";

const cancel: CancelRequest = { requestedBy: "tree", reason: "no longer needed" };
/** Seconds between the attempts of a cancel, and in all until it gives up. */
const delays = [1, 2, 5, 10, 30];
const allDelaysMs = 48_000;

/** A running task whose host can't be reached for a cancel. */
async function createUnreachable(options?: CreateTasksOptions) {
  const harness = createTasks(options);
  const { task, remote } = await harness.startRunning();
  remote.onCancel = () => Promise.reject(new Error("No route to host."));
  const now = () => harness.tasks.getTask(task.id);
  const lose = async (): Promise<void> => {
    await harness.tasks.cancelTask(task.id, cancel);
    await harness.clock.advance(allDelaysMs);
    assert.equal(now()?.status, "lost");
  };
  return { ...harness, task, remote, now, lose };
}

describe("the answer to a cancel", () => {
  it("doesn't wait longer than the grace and 10 seconds while the host is silent", async () => {
    for (const graceSeconds of [0, 5, 30]) {
      const { tasks, clock, startRunning } = createTasks();
      const { task, remote } = await startRunning();
      remote.onCancel = hang;
      const answers: CancelOutcome[] = [];
      void tasks.cancelTask(task.id, { ...cancel, graceSeconds }).then((now) => answers.push(now));

      await clock.advance((graceSeconds + 10) * 1000 - 1);
      assert.equal(answers.length, 0);
      await clock.advance(1);

      const [outcome] = answers;
      assert.equal(outcome?.accepted, true);
      assert.equal(outcome.task?.status, "cancelling");
      assert.equal(outcome.receipt, undefined);
      assert.match(outcome.note ?? "", /^Not verified: /);
    }
  });

  it("is not the end of the cancel, which goes on behind it", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    let answerHost = (): void => undefined;
    remote.onCancel = () =>
      new Promise((resolve) => (answerHost = () => resolve(remote.endTree())));
    void tasks.cancelTask(task.id, cancel);

    await clock.advance(60_000);
    answerHost();
    await settle();

    assert.equal(tasks.getTask(task.id)?.status, "cancelled");
    assert.equal(clock.pendingTimers, 0);
  });

  it("comes after the first attempt and claims nothing when that verified nothing", async () => {
    const { tasks, task } = await createUnreachable();

    const outcome = await tasks.cancelTask(task.id, cancel);

    assert.equal(outcome.accepted, true);
    assert.equal(outcome.task?.status, "cancelling");
    assert.equal(outcome.receipt?.verified, false);
    assert.equal(outcome.note, "Not verified: it may still run on build01. No route to host.");
  });

  it("names what is left when something is", async () => {
    const { tasks, clock, task, remote } = await createUnreachable();
    remote.onCancel = () => Promise.resolve(reports.left(clock.now()));

    const { task: now, note } = await tasks.cancelTask(task.id, cancel);

    assert.equal(now?.status, "cancelling");
    assert.equal(note, "Not verified: 1 process may still run on build01: 4712 (root).");
  });
});

describe("a cancel that could not be verified", () => {
  it("is tried again after 1, 2, 5, 10 and 30 seconds, and then the task is lost", async () => {
    const { tasks, clock, task, remote, now } = await createUnreachable();
    await tasks.cancelTask(task.id, cancel);

    for (const [index, seconds] of delays.entries()) {
      await clock.advance(seconds * 1000 - 1);
      assert.equal(remote.climbs.length, index + 1);
      assert.equal(now()?.status, "cancelling");
      await clock.advance(1);
      assert.equal(remote.climbs.length, index + 2);
    }

    const lost = now();
    assert.ok(lost?.status === "lost");
    assert.equal(lost.receipt?.verified, false);
    assert.equal(lost.lostAt, clock.now());
    assert.equal(clock.pendingTimers, 0);
    assert.equal(remote.released, false);
  });

  it("is tried again at once when its host can be reached again, also once the task is lost", async () => {
    const { tasks, clock, hosts, task, remote, now } = await createUnreachable();
    await tasks.cancelTask(task.id, cancel);
    hosts.connect("web.example.com");
    assert.equal(remote.climbs.length, 1, "that is another host");
    hosts.connect("build01");
    await settle();
    assert.equal(remote.climbs.length, 2);
    for (const seconds of delays) await clock.advance(seconds * 1000);
    assert.equal(now()?.status, "lost");
    remote.onCancel = () => Promise.resolve(remote.endTree());

    hosts.connect("build01");
    await settle();

    assert.equal(now()?.status, "cancelled");
    assert.equal(clock.pendingTimers, 0);
  });

  it("is given up at once where no other attempt would show more", async () => {
    const { tasks, clock, hosts, task, remote, now } = await createUnreachable();
    const report = reports.unverified("There is no POSIX shell.");
    remote.onCancel = () => Promise.resolve({ ...report, final: true });

    await tasks.cancelTask(task.id, cancel);
    hosts.connect("build01");
    await settle();

    assert.equal(now()?.status, "lost");
    assert.equal(remote.climbs.length, 1);
    assert.equal(clock.pendingTimers, 0);
  });

  it("is a plain cancel as soon as one attempt is verified", async () => {
    const { tasks, clock, task, remote, now } = await createUnreachable();
    await tasks.cancelTask(task.id, cancel);

    remote.onCancel = () => Promise.resolve(remote.endTree());
    await clock.advance(1000);

    const ended = now();
    assert.ok(ended?.status === "cancelled");
    assert.deepEqual([ended.receipt.verified, ended.receipt.durationMs], [true, 1000]);
    assert.equal(clock.pendingTimers, 0);
  });

  it("is tried again at once when the end of the main process is heard of", async () => {
    const { tasks, task, remote, now } = await createUnreachable();
    await tasks.cancelTask(task.id, cancel);
    remote.onCancel = () => Promise.resolve(reports.exitCameFirst);

    remote.exit(3);
    await settle();

    const ended = now();
    assert.ok(ended?.status === "failed");
    assert.equal(ended.exitCode, 3);
  });

  it("is tried again at once when it is asked for again, with all attempts before it", async () => {
    const { tasks, clock, task, remote, now } = await createUnreachable();
    await tasks.cancelTask(task.id, cancel);

    await tasks.cancelTask(task.id, { requestedBy: "palette", reason: "again" });
    assert.equal(remote.climbs.length, 2);
    await clock.advance(allDelaysMs - 1);

    assert.equal(now()?.status, "cancelling");
    assert.equal(remote.climbs.length, 2 + delays.length - 1);
  });
});

describe("a lost task", () => {
  it("gives its place to the next", async () => {
    const { hosts, start, lose } = await createUnreachable({ limits: { maxRunningPerHost: 1 } });
    const next = await start();

    await lose();

    assert.equal(hosts.last.taskId, next.id);
  });

  it("is not said to be cancelled anywhere", async () => {
    const { log, lose, now } = await createUnreachable();

    await lose();

    assert.doesNotMatch(log.join("\n"), /is cancelled/);
    assert.ok(now()?.status === "lost");
  });

  it("is cancelled by another cancel when that is verified, for the first reason", async () => {
    const { tasks, task, remote, lose } = await createUnreachable();
    await lose();
    remote.onCancel = () => Promise.resolve(remote.endTree());

    const outcome = await tasks.cancelTask(task.id, { requestedBy: "palette", reason: "again" });

    assert.equal(outcome.accepted, true);
    assert.equal(outcome.task?.status, "cancelled");
    assert.equal(outcome.receipt?.verified, true);
    assert.equal(outcome.receipt.reason, cancel.reason);
    assert.equal(remote.released, true);
  });

  it("is lost again after as many attempts when another cancel fails too", async () => {
    const { tasks, clock, task, remote, lose, now } = await createUnreachable();
    await lose();
    const before = remote.climbs.length;

    await tasks.cancelTask(task.id, cancel);
    assert.equal(now()?.status, "cancelling");
    await clock.advance(allDelaysMs);

    assert.equal(now()?.status, "lost");
    assert.equal(remote.climbs.length, before + 1 + delays.length);
  });

  it("gets its true end when its exit is heard of after all", async () => {
    const { remote, lose, now } = await createUnreachable();
    await lose();
    remote.onCancel = () => Promise.resolve(reports.exitCameFirst);

    remote.exit(0);
    await settle();

    assert.equal(now()?.status, "completed");
  });

  it("is tried again also when a listener asks for it in the moment it hears of the loss", async () => {
    const { tasks, clock, task, remote, now } = await createUnreachable();
    tasks.onDidChangeTask(({ id, status }) => {
      if (status !== "lost") return;
      remote.onCancel = () => Promise.resolve(remote.endTree());
      void tasks.cancelTask(id, cancel);
    });

    await tasks.cancelTask(task.id, cancel);
    await clock.advance(allDelaysMs);

    assert.equal(now()?.status, "cancelled");
  });
});
