import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CancelRequest } from "../../src/tasks/cancelReceipt";
import { outputStart } from "../../src/tasks/outputLog";
import type { Task } from "../../src/tasks/task";
import { createTasks, type CreateTasksOptions } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { reports } from "../support/fakeRemoteHost";

const cancel: CancelRequest = { requestedBy: "tree", reason: "no longer needed" };

/** A durable task that runs, how it is now, and what was announced of it since. */
async function createDurable(options: CreateTasksOptions = {}, maxSeconds = 0) {
  const harness = createTasks(options);
  const { task, remote } = await harness.startRunning({ durable: true, maxSeconds });
  const { tasks, events } = harness;
  const now = (): Task => {
    const found = tasks.getTask(task.id);
    assert.ok(found);
    return found;
  };
  events.length = 0;
  return { ...harness, id: task.id, remote, now };
}

describe("the launch of a task", () => {
  it("says whether it is to outlive its connection, how long it may take and whether its streams are one", async () => {
    const { hosts, start } = createTasks();

    await start({ durable: true, merge: true, maxSeconds: 90 });
    await start();

    const wishes = hosts.launched.map(({ launch }) => [
      launch.durable,
      launch.merge,
      launch.maxSeconds,
    ]);
    assert.deepEqual(wishes, [
      [true, true, 90],
      [false, false, 0],
    ]);
  });

  it("is attached where the person wants no durable tasks, and the running task says why", async () => {
    const because = "Durable tasks are switched off.";
    const durability = { whyAttached: () => because, cancelOnClose: () => false };
    const { now, remote } = await createDurable({ durability });

    assert.equal(remote.launch.durable, false);
    const task = now();
    assert.ok(task.status === "running");
    assert.deepEqual([task.durable, task.attachedBecause], [true, because]);
  });

  it("gives no such reason of a task that was to be attached anyway, or is durable", async () => {
    const durability = { whyAttached: () => "Switched off.", cancelOnClose: () => false };
    const { tasks, startRunning } = createTasks({ durability });
    const { task: attached } = await startRunning();
    const { now } = await createDurable();

    for (const task of [tasks.getTask(attached.id), now()]) {
      assert.ok(task?.status === "running");
      assert.ok(!("attachedBecause" in task));
    }
  });
});

describe("a link that is lost", () => {
  it("leaves a durable task running, which says that it has none until there is one again", async () => {
    const { remote, events, now, tasks, id } = await createDurable();
    const before = now();

    remote.link(false);
    const without = now();
    remote.link(true);

    assert.deepEqual(without, { ...before, reconnecting: true });
    assert.deepEqual(now(), before);
    assert.deepEqual(events, [without, now()]);
    remote.exit(0);
    await settle();
    assert.equal(tasks.getTask(id)?.status, "completed");
    assert.deepEqual(remote.climbs, []);
  });

  it("is announced once, however often it is said, and not where nothing changes", async () => {
    const { remote, events } = await createDurable();

    for (const connected of [true, true, false, false, false, true, true]) remote.link(connected);

    const announced = events.map((task) => "reconnecting" in task);
    assert.deepEqual(announced, [true, false]);
  });

  it("is nothing that a task shows whose cancel is under way", async () => {
    const { tasks, id, remote, events, now } = await createDurable();
    remote.link(false);
    remote.onCancel = () => new Promise(() => undefined);
    void tasks.cancelTask(id, cancel);
    await settle();
    events.length = 0;

    remote.link(true);
    remote.link(false);

    assert.deepEqual(events, []);
    assert.equal(now().status, "cancelling");
    assert.ok(!("reconnecting" in now()));
  });
});

describe("output that its host has dropped", () => {
  it("is a gap for readers, between what came before and after it", async () => {
    const { tasks, id, remote } = await createDurable();
    const announced: string[] = [];
    tasks.onDidAppendOutput((of) => announced.push(of));

    remote.write("stdout", "one\n");
    remote.drop("stdout", 1000);
    remote.write("stdout", "two\n");
    const first = tasks.readOutput(id, outputStart, 100);
    const second = first && tasks.readOutput(id, first.next, 100);

    assert.deepEqual(announced, [id, id, id]);
    assert.deepEqual(tasks.outputSize(id), { stdout: 1004, stderr: 0 });
    const text = [first?.stdout, second?.stdout].join("");
    assert.ok(text.startsWith("one\n") && text.endsWith("two\n"), text);
    const gaps = [...(first?.gaps ?? []), ...(second?.gaps ?? [])];
    assert.deepEqual(gaps, [{ stream: "stdout", from: 4, to: 1000 }]);
  });
});

describe("a durable task nobody waits for on its host any more", () => {
  const error = new Error("What waited for it was killed.");

  it("is lost with the error, and nobody asks its host to end it", async () => {
    const { remote, now, clock, hosts } = await createDurable();

    remote.loseSupervisor(error);
    await clock.advance(60_000);
    hosts.connect("build01");
    await clock.advance(60_000);

    const task = now();
    assert.ok(task.status === "lost");
    assert.equal(task.error, error);
    assert.deepEqual([task.cancel, task.receipt], [undefined, undefined]);
    assert.deepEqual(remote.climbs, []);
  });

  it("gives its place to the next", async () => {
    const { remote, hosts, start } = await createDurable({ limits: { maxRunningPerHost: 1 } });
    const next = await start();
    assert.equal(hosts.launched.length, 1);

    remote.loseSupervisor(error);
    await settle();

    assert.equal(hosts.last.taskId, next.id);
  });

  it("is cancelled once a cancel is verified", async () => {
    const { tasks, id, remote, now } = await createDurable();
    remote.loseSupervisor(error);
    await settle();

    const outcome = await tasks.cancelTask(id, cancel);

    assert.equal(outcome.accepted, true);
    const task = now();
    assert.ok(task.status === "cancelled");
    assert.deepEqual([task.receipt.verified, task.receipt.requestedBy], [true, "tree"]);
    assert.equal(remote.climbs.length, 1);
  });
});

describe("the end of a durable task that its host has brought about", () => {
  it("is a failure with the error where the host was started anew", async () => {
    const { remote, now } = await createDurable();
    const error = new Error("The host was started anew.");

    remote.reboot(error);
    await settle();

    const task = now();
    assert.ok(task.status === "failed");
    assert.deepEqual([task.error, task.exitCode, task.timeout], [error, -1, false]);
    assert.deepEqual(remote.climbs, []);
  });

  it("is verified by one climb and shown as a timeout where its time was up", async () => {
    const { remote, now, clock } = await createDurable({}, 600);
    remote.onCancel = () => Promise.resolve(reports.exitCameFirst);

    remote.timeOut();
    await clock.advance(1_000_000);

    const task = now();
    assert.ok(task.status === "failed");
    assert.deepEqual([task.timeout, task.exitCode], [true, -1]);
    assert.deepEqual([task.receipt?.requestedBy, task.receipt?.verified], ["deadline", true]);
    assert.equal(task.receipt?.reason, "deadline of 600 s reached");
    assert.equal(remote.climbs.length, 1);
    assert.equal(clock.pendingTimers, 0);
  });
});

describe("a task that is cleared", () => {
  for (const { what, durable } of [
    { what: "is forgotten by its host where it was durable", durable: true },
    { what: "asks nothing of its host where it was attached", durable: false },
  ]) {
    it(what, async () => {
      const { tasks, startRunning } = createTasks();
      const { remote } = await startRunning({ durable });
      remote.exit(0, undefined, durable ? 0 : 2);
      await settle();
      assert.deepEqual([remote.released, remote.forgotten], [true, false]);

      tasks.clearFinished();

      assert.equal(remote.forgotten, durable);
    });
  }

  it("asks nothing of its host either where it was to be durable and was not", async () => {
    const durability = { whyAttached: () => "Switched off.", cancelOnClose: () => false };
    const { tasks, remote } = await createDurable({ durability });
    remote.exit(0, undefined, 2);
    await settle();

    tasks.clearFinished();

    assert.equal(remote.forgotten, false);
  });
});
