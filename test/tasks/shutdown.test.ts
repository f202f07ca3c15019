import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../src/tasks/taskError";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { hang, whenForced } from "../support/fakeRemoteHost";

function isShuttingDown(error: unknown): boolean {
  return error instanceof TaskError && error.code === "shuttingDown";
}

/** Watches a promise without waiting for it. */
function watch(promise: Promise<unknown>): { done: boolean } {
  const watched = { done: false };
  void promise.then(() => (watched.done = true));
  return watched;
}

describe("shutting down", () => {
  it("cancels everything that lives, with a grace of 1 second, and leaves the rest", async () => {
    const limits = { maxRunningPerHost: 2 };
    const { tasks, hosts, start, startRunning } = createTasks({ limits });
    const { task: ended, remote } = await startRunning();
    remote.exit(0);
    await settle();
    const { task: running } = await startRunning();
    const connecting = await start();
    const queued = await start();

    await tasks.shutdown();

    const statuses = [ended, running, connecting, queued].map(
      ({ id }) => tasks.getTask(id)?.status,
    );
    assert.deepEqual(statuses, ["completed", "cancelled", "cancelled", "cancelled"]);
    const climb = hosts.of(running.id).climbs[0];
    assert.equal(climb?.graceSeconds, 1);
    assert.throws(() => hosts.of(queued.id), /was not launched/);
    const now = tasks.getTask(running.id);
    assert.ok(now?.status === "cancelled");
    assert.equal(now.receipt.requestedBy, "shutdown");
  });

  it("takes 4 seconds at the most, also when a host is silent", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    remote.onCancel = hang;
    const closing = watch(tasks.shutdown());

    await clock.advance(3999);
    assert.equal(closing.done, false);
    await clock.advance(1);

    assert.equal(closing.done, true);
    assert.equal(tasks.getTask(task.id)?.status, "cancelling");
  });

  it("doesn't let a silent host keep the others alive", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { remote: silent } = await startRunning();
    silent.onCancel = hang;
    const { task } = await startRunning({ alias: "web.example.com" });

    void tasks.shutdown();
    await clock.advance(0);

    assert.equal(tasks.getTask(task.id)?.status, "cancelled");
  });

  it("shortens the grace of a cancel under way to its own", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    remote.onCancel = (climb) => whenForced(climb, () => remote.endTree());
    const cancel = { requestedBy: "tree", reason: "no longer needed", graceSeconds: 30 } as const;
    void tasks.cancelTask(task.id, cancel);
    await settle();

    void tasks.shutdown();
    await clock.advance(4000);

    const now = tasks.getTask(task.id);
    assert.ok(now?.status === "cancelled", `it is ${now?.status ?? "unknown"} after 4 s`);
    assert.equal(now.receipt.requestedBy, "tree");
  });

  it("accepts nothing new, from the first moment on", async () => {
    const { tasks, hosts, start } = createTasks();
    const begun = start();
    const closing = tasks.shutdown();

    await assert.rejects(begun, isShuttingDown);
    await assert.rejects(start(), isShuttingDown);
    await closing;
    await assert.rejects(start(), isShuttingDown);

    assert.deepEqual(hosts.launched, []);
    assert.deepEqual(tasks.listTasks(), []);
  });

  it("twice is once", async () => {
    const { tasks, startRunning } = createTasks();
    const { remote } = await startRunning();

    const first = tasks.shutdown();
    tasks.dispose();
    assert.equal(tasks.shutdown(), first);
    await first;

    assert.equal(remote.climbs.length, 1);
  });

  it("is over at once when nothing lives", async () => {
    const { tasks, clock } = createTasks();

    await tasks.shutdown();

    assert.equal(clock.pendingTimers, 0);
  });
});
