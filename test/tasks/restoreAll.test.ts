import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { outputStart } from "../../src/tasks/outputLog";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { MemoryStore } from "../support/memoryStore";
import { statuses } from "./samples";
import { createNextWindow, storedTask } from "./storedTasks";

describe("an ended task of an earlier window", () => {
  for (const status of ["completed", "failed", "cancelled"] as const) {
    it(`is there as it was, with its output: ${status}`, async () => {
      const stored = storedTask(status, { output: "out\n" });
      const { tasks, events, remote, store, hosts } = await createNextWindow([stored]);
      const { id } = stored.task;

      assert.equal(tasks.getTask(id), stored.task);
      assert.deepEqual(tasks.listTasks(), [stored.task]);
      assert.equal(tasks.readOutput(id, outputStart, 100)?.stdout, "out\n");
      assert.equal(await tasks.waitForTask(id), stored.task);
      assert.deepEqual(events, [stored.task]);
      assert.equal(hosts.adopted[0]?.adoption.follow, false);
      assert.deepEqual(remote().climbs, []);
      assert.deepEqual(store.states, []);
    });
  }

  it("is removed from the store and forgotten by its host when cleared", async () => {
    const stored = storedTask("completed", { output: "out\n" });
    const { tasks, store, remote } = await createNextWindow([stored]);
    assert.equal(remote().forgotten, false);

    assert.equal(tasks.clearFinished(), 1);

    assert.deepEqual(tasks.listTasks(), []);
    assert.deepEqual(store.removed, [stored.task.id]);
    assert.equal(remote().forgotten, true);
  });

  it("asks nothing of its host when cleared where it was attached", async () => {
    const stored = storedTask("completed", { durable: false });
    const { tasks, store, remote } = await createNextWindow([stored]);

    tasks.clearFinished();

    assert.deepEqual(store.removed, [stored.task.id]);
    assert.equal(remote().forgotten, false);
  });

  it("is kept as long after its end as any, and then removed everywhere", async () => {
    const stored = storedTask("completed");
    const limits = { keepSeconds: 60 };
    const { tasks, store, remote, clock } = await createNextWindow([stored], undefined, { limits });

    await clock.advance(60_899);
    assert.equal(tasks.listTasks().length, 1);
    await clock.advance(1);

    assert.deepEqual(tasks.listTasks(), []);
    assert.deepEqual(store.removed, [stored.task.id]);
    assert.equal(remote().forgotten, true);
  });

  it("gives what it left running to whoever stops that", async () => {
    const { task, ...rest } = storedTask("completed");
    assert.ok(task.status === "completed");
    const { tasks, remote, now } = await createNextWindow([
      { ...rest, task: { ...task, leftRunning: 2 } },
    ]);

    const receipt = await tasks.stopLeftovers(task.id, { requestedBy: "tree", reason: "left" });

    assert.equal(receipt?.verified, true);
    assert.equal(remote().climbs.length, 1);
    const stopped = now();
    assert.ok(stopped.status === "completed");
    assert.equal(stopped.leftRunning, 0);
  });
});

describe("taking up what was kept", () => {
  it("gives those that had not ended, and lists them all in their order", async () => {
    const stored = statuses.map((status, n) =>
      storedTask(status, { id: `build01:e3b0c44298fc1c14:${n}` }),
    );
    const ids = stored.map(({ task }) => task.id);

    const { tasks, restored } = await createNextWindow(stored);

    assert.deepEqual(
      restored.map(({ status }) => status),
      ["pending", "running", "cancelling", "lost"],
    );
    assert.deepEqual(
      tasks.listTasks().map(({ id }) => id),
      ids,
    );
  });

  it("is done one after another, so that memory never has the output of all", async () => {
    const stored = [1, 2, 3].map((n) => storedTask("running", { id: `build01:hash:${n}` }));
    const store = new MemoryStore();
    const { tasks, hosts } = createTasks({ store });
    const taken: number[] = [];
    mock.method(store, "load", async function* () {
      for (const one of stored) {
        await settle();
        taken.push(hosts.adopted.length);
        yield one;
      }
    });

    await tasks.restore();

    assert.deepEqual([taken, hosts.adopted.length], [[0, 1, 2], 3]);
  });

  it("twice is once", async () => {
    const store = new MemoryStore([storedTask("running")]);
    const { tasks, hosts, events } = createTasks({ store });

    const both = await Promise.all([tasks.restore(), tasks.restore()]);
    const third = await tasks.restore();

    assert.deepEqual([both[0], both[1]], [third, third]);
    assert.deepEqual([hosts.adopted.length, events.length], [1, 1]);
  });

  it("is nothing without a store", async () => {
    const { tasks } = createTasks();

    assert.deepEqual(await tasks.restore(), []);
  });

  it("rejects as the store does, and new tasks are started and kept all the same", async () => {
    const store = new MemoryStore([storedTask("running")]);
    store.failure = new Error("It can't be read.");
    const { tasks, hosts, startRunning } = createTasks({ store });

    await assert.rejects(tasks.restore(), store.failure);
    const { task } = await startRunning({ durable: true });
    await tasks.shutdown();

    assert.deepEqual(hosts.adopted, []);
    assert.equal(store.find(task.id)?.task.status, "running");
    assert.equal(hosts.of(task.id).released, true);
  });

  it("is waited for by a shutdown, which ends or lets go of what was taken up as well", async () => {
    const attached = storedTask("running", { durable: false });
    const durable = storedTask("running", { id: "build01:e3b0c44298fc1c14:2" });
    const { tasks } = createTasks({ store: new MemoryStore([attached, durable]) });
    const restoring = tasks.restore();

    await tasks.shutdown();
    await restoring;

    assert.equal(tasks.getTask(attached.task.id)?.status, "cancelled");
    assert.equal(tasks.getTask(durable.task.id)?.status, "running");
  });

  it("goes on where the window before has let go, with every byte", async () => {
    const store = new MemoryStore();
    const before = createTasks({ store });
    const { task, remote } = await before.startRunning({ durable: true, merge: true });
    remote.write("stdout", "one\n");
    await before.tasks.shutdown();

    const { tasks, hosts } = createTasks({ store });
    await tasks.restore();
    await settle();
    const adopted = hosts.adopted[0];
    assert.deepEqual(tasks.getTask(task.id), before.tasks.getTask(task.id));
    assert.deepEqual(adopted?.adoption.from, { stdout: 4, stderr: 0 });
    assert.equal(adopted.adoption.process?.pid, 4711);
    adopted.remote.write("stdout", "two\n");
    adopted.remote.exit(3);
    await settle();

    assert.equal(tasks.summarizeOutput(task.id, 100)?.stdout, "one\ntwo\n");
    const ended = tasks.getTask(task.id);
    assert.ok(ended?.status === "failed");
    assert.deepEqual([ended.exitCode, ended.merge, ended.durable], [3, true, true]);
  });
});
