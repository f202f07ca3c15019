import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { MemoryStore } from "../support/memoryStore";

/** A task that runs in a window with a store. */
async function createKept({ durable = true } = {}) {
  const store = new MemoryStore();
  const harness = createTasks({ store });
  const { task, remote } = await harness.startRunning({ durable });
  const statuses = (): string[] => store.states.map(({ status }) => status);
  return { ...harness, store, id: task.id, remote, statuses };
}

describe("what is kept of a task", () => {
  it("is each of its states while it is durable, with its process once that is known", async () => {
    const { store, id, remote, statuses, tasks } = await createKept();
    assert.equal(store.find(id)?.process?.pid, 4711);
    remote.link(false);
    assert.equal(store.find(id)?.task, tasks.getTask(id));

    remote.exit(0);
    await settle();

    assert.deepEqual(statuses(), ["pending", "running", "running", "completed"]);
  });

  it("is on the disk before its command is sent to its host, however soon this window ends", async () => {
    const store = new MemoryStore();
    let onDisk = (): void => undefined;
    store.onSaved = () => new Promise((resolve) => (onDisk = resolve));
    const { hosts, start } = createTasks({ store });

    await start({ durable: true });
    await settle();
    const remote = hosts.last;
    assert.equal(remote.state, "connecting");

    onDisk();
    await settle();
    assert.equal(remote.state, "admitted");
  });

  it("keeps no command from running where the disk hangs", async () => {
    const store = new MemoryStore();
    store.onSaved = () => new Promise(() => undefined);
    const { clock, hosts, start } = createTasks({ store });

    await start({ durable: true });
    await clock.advance(2000);

    assert.equal(hosts.last.state, "admitted");
  });

  it("is nothing while it is attached and nobody ends it, and all of it at its end", async () => {
    const { store, id, remote, statuses, clock } = await createKept({ durable: false });
    remote.write("stdout", "out\n");
    await clock.advance(60_000);
    assert.deepEqual([statuses(), store.outputs], [[], []]);

    remote.exit(0);
    await settle();

    assert.deepEqual(statuses(), ["completed"]);
    assert.deepEqual(store.outputs, [{ taskId: id, stdout: "out\n", ended: true }]);
  });

  it("is the cancel of an attached one, as it may have to be verified later", async () => {
    const { tasks, id, statuses } = await createKept({ durable: false });

    await tasks.cancelTask(id, { requestedBy: "tree", reason: "no longer needed" });

    assert.deepEqual(statuses(), ["cancelling", "cancelled"]);
  });

  it("is its output about 30 seconds after it began to grow, once for all that came", async () => {
    const { store, id, remote, clock } = await createKept();
    remote.write("stdout", "one\n");
    await clock.advance(29_999);
    remote.write("stdout", "two\n");
    assert.equal(store.outputs.length, 0);

    await clock.advance(1);
    await clock.advance(120_000);
    assert.deepEqual(store.outputs, [{ taskId: id, stdout: "one\ntwo\n", ended: false }]);
    remote.write("stdout", "three\n");
    await clock.advance(30_000);

    assert.equal(store.outputs.length, 2);
    assert.equal(store.outputs[1]?.stdout, "one\ntwo\nthree\n");
  });

  it("is its output once more at its end, and never again", async () => {
    const { store, id, remote, clock } = await createKept();
    remote.write("stdout", "out\n");
    remote.exit(0);

    await clock.advance(120_000);

    assert.deepEqual(store.outputs, [{ taskId: id, stdout: "out\n", ended: true }]);
  });

  it("is its output at a shutdown, where it has grown, and no timer is left", async () => {
    const { tasks, store, id, remote, clock } = await createKept();
    remote.write("stdout", "out\n");

    await tasks.shutdown();

    assert.deepEqual(store.outputs, [{ taskId: id, stdout: "out\n", ended: false }]);
    assert.ok(store.flushes > 0);
    assert.equal(clock.pendingTimers, 0);
  });

  it("goes when it is cleared", async () => {
    const { tasks, store, id, remote, clock } = await createKept();
    remote.write("stdout", "out\n");
    remote.exit(0);
    await settle();

    tasks.clearFinished();
    await clock.advance(60_000);

    assert.deepEqual(store.removed, [id]);
    assert.equal(store.find(id), undefined);
    assert.equal(store.outputs.length, 1);
  });
});
