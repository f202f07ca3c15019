import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Task } from "../../src/tasks/task";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";

const cancel = { requestedBy: "tree", reason: "no longer needed" } as const;

function statuses(events: readonly Task[]): string[] {
  return events.map(({ status }) => status);
}

describe("the events of a task", () => {
  it("begin with pending and end with its end", async () => {
    const { events, startRunning } = createTasks();

    const { remote } = await startRunning();
    remote.exit(0);
    await settle();

    assert.deepEqual(statuses(events), ["pending", "running", "completed"]);
  });

  it("say that it is being cancelled, and then that it is", async () => {
    const { tasks, events, startRunning } = createTasks();
    const { task } = await startRunning();

    await tasks.cancelTask(task.id, cancel);

    assert.deepEqual(statuses(events), ["pending", "running", "cancelling", "cancelled"]);
  });

  it("come after the change and carry it, and before the cancel answers", async () => {
    const { tasks, startRunning } = createTasks();
    const { task } = await startRunning();
    const seen: boolean[] = [];
    let answered = false;
    tasks.onDidChangeTask((next) => seen.push(tasks.getTask(next.id) === next && !answered));

    await tasks.cancelTask(task.id, cancel).then(() => (answered = true));

    assert.deepEqual(seen, [true, true]);
  });

  it("are silent once it has ended, whatever is still heard of it", async () => {
    const { tasks, hosts, clock, events, startRunning } = createTasks();
    const { task, remote } = await startRunning({ maxSeconds: 60 });
    remote.exit(0);
    await settle();
    const count = events.length;

    await tasks.cancelTask(task.id, cancel);
    await clock.advance(600_000);

    assert.equal(events.length, count);
    assert.equal(hosts.last.climbs.length, 0);
  });

  it("reach the others too when a listener throws, which is logged and stops nothing", async () => {
    const { tasks, hosts, log, start } = createTasks();
    const heard: string[] = [];
    tasks.onDidChangeTask(() => {
      throw new Error("a listener's own");
    });
    tasks.onDidChangeTask(({ status }) => heard.push(status));

    const task = await start();
    hosts.last.run();
    await settle();

    assert.deepEqual(heard, ["pending", "running"]);
    assert.equal(tasks.getTask(task.id)?.status, "running");
    assert.ok(log.includes("error: a listener failed: Error: a listener's own"));
  });

  it("let a listener cancel the task in the moment it hears of it: it is never launched", async () => {
    const { tasks, hosts, events, start } = createTasks();
    tasks.onDidChangeTask(({ id, status }) => {
      if (status === "pending") void tasks.cancelTask(id, cancel);
    });

    await start();
    await settle();

    assert.deepEqual(statuses(events), ["pending", "cancelling", "cancelled"]);
    assert.deepEqual(hosts.launched, []);
  });

  it("stop with the manager, once it has shut down", async () => {
    const { tasks, events, startRunning } = createTasks();
    await startRunning();

    tasks.dispose();
    await settle();

    assert.deepEqual(statuses(events), ["pending", "running", "cancelling", "cancelled"]);
  });
});

describe("waiting through the manager", () => {
  it("ends with the end, and the waiting leaves nothing behind", async () => {
    const { tasks, clock, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    const waiting = tasks.waitForTask(task.id, { timeoutMs: 60_000 });

    remote.exit(7);

    assert.equal((await waiting)?.status, "failed");
    assert.equal(clock.pendingTimers, 0);
  });

  it("leaves the task alone when it is given up or takes too long", async () => {
    const { tasks, hosts, clock, startRunning } = createTasks();
    const { task } = await startRunning();
    const giveUp = new AbortController();
    const abandoned = tasks.waitForTask(task.id, { signal: giveUp.signal });
    const tooLong = tasks.waitForTask(task.id, { timeoutMs: 1000 });

    giveUp.abort();
    await clock.advance(1000);

    assert.equal((await abandoned)?.status, "running");
    assert.equal((await tooLong)?.status, "running");
    assert.equal(tasks.getTask(task.id)?.status, "running");
    assert.equal(hosts.last.climbs.length, 0);
  });

  it("ends when the task is cleared away", async () => {
    const { tasks, startRunning } = createTasks({ limits: { keepSeconds: 60 } });
    const { task, remote } = await startRunning();
    remote.exit(0);
    await settle();
    tasks.clearFinished();

    assert.equal(await tasks.waitForTask(task.id), undefined);
  });
});
