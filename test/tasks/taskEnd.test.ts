import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EndedTask } from "../../src/tasks/task";
import { isEnded } from "../../src/tasks/task";
import { TaskError } from "../../src/tasks/taskError";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { reports } from "../support/fakeRemoteHost";

const lostLink = new Error("The connection to build01 was lost.");

function createEnding() {
  const harness = createTasks();
  const endOf = (taskId: string): EndedTask => {
    const task = harness.tasks.getTask(taskId);
    assert.ok(task && isEnded(task), `it is ${task?.status ?? "unknown"}`);
    return task;
  };
  return { ...harness, endOf };
}

describe("a command that ends by itself", () => {
  it("is completed with exit code 0, and lets go of all it held", async () => {
    const { clock, startRunning, endOf } = createEnding();
    const createdAt = clock.now();
    await clock.advance(0);
    const { task, remote } = await startRunning({ maxSeconds: 60 });

    await clock.advance(3000);
    remote.exit(0);
    await settle();

    const ended = endOf(task.id);
    assert.ok(ended.status === "completed");
    assert.deepEqual(
      [ended.exitCode, ended.startedAt, ended.endedAt, ended.hostAddress],
      [0, createdAt, createdAt + 3000, "192.0.2.1"],
    );
    assert.equal(ended.receipt, undefined);
    assert.equal(remote.released, true);
    assert.equal(clock.pendingTimers, 0);
  });

  it("is failed with any other exit code, or by a signal", async () => {
    for (const [exitCode, signal] of [
      [1, undefined],
      [255, undefined],
      [137, "KILL"],
    ] as const) {
      const { startRunning, endOf } = createEnding();
      const { task, remote } = await startRunning();

      remote.exit(exitCode, signal);
      await settle();

      const ended = endOf(task.id);
      assert.ok(ended.status === "failed");
      assert.deepEqual(
        [ended.exitCode, ended.signal, ended.timeout, ended.error],
        [exitCode, signal, false, undefined],
      );
    }
  });

  it("is completed also when it ends in the moment it starts", async () => {
    const { hosts, events, start, endOf } = createEnding();
    const { id } = await start();

    hosts.last.run();
    hosts.last.exit(0);
    await settle();

    assert.equal(endOf(id).status, "completed");
    assert.deepEqual(
      events.map(({ status }) => status),
      ["pending", "running", "completed"],
    );
  });

  it("is failed with the reason when it never ran", async () => {
    const { hosts, start, endOf } = createEnding();
    const { id } = await start();
    const error = new TaskError("signInFailed", "No key was accepted.");

    hosts.last.failToStart(error);
    await settle();

    const ended = endOf(id);
    assert.ok(ended.status === "failed");
    assert.deepEqual([ended.exitCode, ended.timeout, ended.error], [-1, false, error]);
    assert.equal(ended.startedAt, undefined);
  });
});

describe("a deadline", () => {
  it("ends the task as failed by timeout, with the receipt of the same ladder", async () => {
    const { clock, startRunning, endOf } = createEnding();
    const { task, remote } = await startRunning({ maxSeconds: 60 });

    await clock.advance(59_999);
    assert.equal(remote.climbs.length, 0);
    await clock.advance(1);

    const ended = endOf(task.id);
    assert.ok(ended.status === "failed");
    assert.deepEqual([ended.exitCode, ended.timeout], [-1, true]);
    assert.equal(ended.receipt?.verified, true);
    assert.equal(ended.receipt.requestedBy, "deadline");
    assert.equal(ended.receipt.reason, "deadline of 60 s reached");
    assert.equal(remote.climbs.length, 1);
  });

  it("counts the time in the queue, and then the command never runs", async () => {
    const limits = { maxRunningPerHost: 1 };
    const { tasks, hosts, clock, start, startRunning } = createTasks({ limits });
    const { remote: busy } = await startRunning();
    const { id } = await start({ maxSeconds: 60 });

    await clock.advance(60_000);
    busy.exit(0);
    await settle();

    const ended = tasks.getTask(id);
    assert.ok(ended?.status === "failed");
    assert.deepEqual([ended.timeout, ended.receipt?.verified], [true, true]);
    assert.equal(hosts.launched.length, 1);
  });

  it("doesn't change the reason of a cancel under way", async () => {
    const { tasks, clock, startRunning, endOf } = createEnding();
    const { task, remote } = await startRunning({ maxSeconds: 60 });
    remote.onCancel = () => Promise.reject(new Error("No route to host."));
    await clock.advance(59_500);
    await tasks.cancelTask(task.id, { requestedBy: "tree", reason: "no longer needed" });
    remote.onCancel = () => Promise.resolve(remote.endTree());

    await clock.advance(500);

    const ended = endOf(task.id);
    assert.ok(ended.status === "cancelled");
    assert.equal(ended.receipt.requestedBy, "tree");
  });

  it("leaves a command that ended just before it its true exit code", async () => {
    const { clock, startRunning, endOf } = createEnding();
    const { task, remote } = await startRunning({ maxSeconds: 60 });
    remote.onCancel = () => {
      remote.exit(4);
      return Promise.resolve(reports.exitCameFirst);
    };

    await clock.advance(60_000);

    const ended = endOf(task.id);
    assert.ok(ended.status === "failed");
    assert.deepEqual([ended.exitCode, ended.timeout], [4, false]);
  });

  it("can be joined by a person, whose cancel then reports a timeout and no lie", async () => {
    const { tasks, clock, startRunning } = createEnding();
    const { task, remote } = await startRunning({ maxSeconds: 60 });
    remote.onCancel = () => Promise.reject(new Error("No route to host."));
    await clock.advance(60_000);
    remote.onCancel = () => Promise.resolve(remote.endTree());

    const outcome = await tasks.cancelTask(task.id, { requestedBy: "tree", reason: "enough" });

    assert.ok(outcome.task?.status === "failed");
    assert.deepEqual([outcome.accepted, outcome.task.timeout], [true, true]);
  });
});

describe("a lost connection", () => {
  it("ends the task as failed when its processes could be stopped, and says so", async () => {
    const { startRunning, endOf } = createEnding();
    const { task, remote } = await startRunning();

    remote.loseConnection(lostLink);
    await settle();

    const ended = endOf(task.id);
    assert.ok(ended.status === "failed" && ended.error instanceof TaskError);
    assert.equal(ended.error.code, "connectionLost");
    assert.match(ended.error.message, /^The connection to build01 was lost\. .*stopped.*verified/);
    assert.deepEqual([ended.exitCode, ended.timeout], [-1, false]);
    assert.equal(ended.receipt?.verified, true);
    assert.equal(ended.receipt.requestedBy, "connection");
  });

  it("says that nothing was left when nothing was found", async () => {
    const { clock, startRunning, endOf } = createEnding();
    const { task, remote } = await startRunning();
    remote.onCancel = () => Promise.resolve(reports.exitCameFirst);

    remote.loseConnection(lostLink);
    await clock.advance(2000);

    const ended = endOf(task.id);
    assert.ok(ended.status === "failed");
    assert.match(ended.error?.message ?? "", /Nothing of it is left on the host, verified/);
  });

  it("leaves the task lost when the host can't be reached again", async () => {
    const { tasks, clock, startRunning } = createEnding();
    const { task, remote } = await startRunning();
    remote.onCancel = () => Promise.reject(new Error("No route to host."));

    remote.loseConnection(lostLink);
    await clock.advance(60_000);

    const lost = tasks.getTask(task.id);
    assert.ok(lost?.status === "lost");
    assert.equal(lost.receipt?.verified, false);
    assert.equal(lost.cancel?.requestedBy, "connection");
  });
});
