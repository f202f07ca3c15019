import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { hang } from "../support/fakeRemoteHost";
import { MemoryStore } from "../support/memoryStore";

describe("shutting down with durable tasks", () => {
  it("lets go of those that run, which are kept with their output, and cancels attached ones", async () => {
    const store = new MemoryStore();
    const { tasks, startRunning } = createTasks({ store });
    const { task: durable, remote } = await startRunning({ durable: true });
    const { task: attached } = await startRunning();
    remote.write("stdout", "out\n");

    await tasks.shutdown();

    assert.deepEqual([remote.released, remote.climbs, remote.state], [true, [], "running"]);
    const kept = store.find(durable.id);
    assert.deepEqual([kept?.task.status, kept?.output?.stdout.size], ["running", 4]);
    assert.equal(tasks.getTask(attached.id)?.status, "cancelled");
  });

  it("leaves their deadline to their host", async () => {
    const { tasks, startRunning, clock } = createTasks({ store: new MemoryStore() });
    const { remote } = await startRunning({ durable: true, maxSeconds: 60 });

    await tasks.shutdown();
    await clock.advance(120_000);

    assert.deepEqual(remote.climbs, []);
    assert.equal(clock.pendingTimers, 0);
  });

  const durability = { whyAttached: () => undefined, cancelOnClose: () => true };
  for (const { what, options } of [
    { what: "there is no store", options: {} },
    { what: "the person wants that", options: { store: new MemoryStore(), durability } },
  ]) {
    it(`cancels them all where ${what}`, async () => {
      const { tasks, startRunning } = createTasks(options);
      const { task } = await startRunning({ durable: true });

      await tasks.shutdown();

      assert.equal(tasks.getTask(task.id)?.status, "cancelled");
    });
  }

  it("cancels one that was not seen running", async () => {
    const { tasks, start, hosts } = createTasks({ store: new MemoryStore() });
    const task = await start({ durable: true });

    await tasks.shutdown();

    assert.equal(tasks.getTask(task.id)?.status, "cancelled");
    assert.equal(hosts.of(task.id).climbs.length, 1);
  });

  it("has let go and kept them also where another host is silent, within 4 seconds", async () => {
    const store = new MemoryStore();
    const { tasks, startRunning, clock } = createTasks({ store });
    const { remote: silent, task: attached } = await startRunning({ alias: "web.example.com" });
    silent.onCancel = hang;
    const { task, remote } = await startRunning({ durable: true });
    remote.write("stdout", "out\n");
    const closing = tasks.shutdown();

    await clock.advance(4000);
    await closing;

    assert.equal(remote.released, true);
    assert.equal(store.find(task.id)?.output?.stdout.size, 4);
    assert.equal(store.find(attached.id)?.task.status, "cancelling");
  });

  it("takes 4 seconds at the most, also where nothing can be kept", async () => {
    const store = new MemoryStore();
    store.onFlush = hang;
    const { tasks, startRunning, clock } = createTasks({ store });
    const { remote } = await startRunning({ durable: true });
    let done = false;
    void tasks.shutdown().then(() => (done = true));

    await clock.advance(4000);
    await settle();

    assert.deepEqual([done, remote.released], [true, true]);
  });
});
