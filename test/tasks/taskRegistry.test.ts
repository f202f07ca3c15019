import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Task } from "../../src/tasks/task";
import { TaskRegistry, type KeepLimits } from "../../src/tasks/taskRegistry";
import { TaskRun } from "../../src/tasks/taskRun";
import { createLogger } from "../support/createTasks";
import { FakeClock } from "../support/fakeClock";
import { FakeRemoteHosts } from "../support/fakeRemoteHost";
import { createTask } from "./samples";

function createRegistry(limits: Partial<KeepLimits> = {}) {
  const clock = new FakeClock();
  const hosts = new FakeRemoteHosts(clock, ["build01"]);
  const removed: string[] = [];
  const registry = new TaskRegistry(
    { maxKept: 3, keepSeconds: 60, ...limits },
    clock,
    ({ task: { id } }) => removed.push(id),
  );
  const add = (id: string): void => {
    const pending = { ...createTask("pending"), id };
    if (pending.status !== "pending") throw new Error("the sample is not pending");
    const run = new TaskRun(pending, {
      host: hosts.host("build01"),
      clock,
      logger: createLogger(),
      onChange: () => undefined,
      onOutput: () => undefined,
      admit: () => Promise.resolve(),
      graceSeconds: () => 5,
      accountOutput: () => undefined,
      whyAttached: () => undefined,
      requestCancel: () => undefined,
    });
    registry.add(run);
    run.start();
  };
  const end = async (id: string): Promise<void> => {
    hosts.of(id).failToStart(new Error("no such host"));
    await clock.advance(0);
  };
  const ids = (): string[] => registry.list().map(({ task }) => task.id);
  const find = (id: string): Task => {
    const task = registry.find(id)?.task;
    if (!task) throw new Error(`${id} is not kept`);
    return task;
  };
  return { clock, registry, removed, add, end, ids, find };
}

describe("the registry", () => {
  it("finds what was added, lists it in that order, and knows nothing else", () => {
    const { registry, add, ids, find } = createRegistry();
    add("b");
    add("a");

    assert.deepEqual(ids(), ["b", "a"]);
    assert.equal(find("a").id, "a");
    assert.equal(registry.find("c"), undefined);
  });

  it("keeps a task for ever while it lives", async () => {
    const { clock, registry, add, ids, find } = createRegistry({ keepSeconds: 60, maxKept: 0 });
    add("a");

    await clock.advance(1_000_000_000);
    registry.prune();

    assert.deepEqual(ids(), ["a"]);
    assert.equal(registry.keepSeconds(find("a")), 60);
  });

  it("forgets an ended task when its time is over, and says so once", async () => {
    const { clock, registry, removed, add, end, ids } = createRegistry({ keepSeconds: 60 });
    add("a");
    await clock.advance(100_000);
    await end("a");

    await clock.advance(59_999);
    assert.deepEqual(ids(), ["a"]);
    await clock.advance(1);

    assert.equal(registry.find("a"), undefined);
    assert.deepEqual(ids(), []);
    assert.deepEqual(removed, ["a"]);
  });

  it("counts down the whole seconds an ended task is still kept, never below nothing", async () => {
    const { clock, registry, add, end, find } = createRegistry({ keepSeconds: 60 });
    add("a");
    await end("a");
    const ended = find("a");

    assert.equal(registry.keepSeconds(ended), 60);
    await clock.advance(1);
    assert.equal(registry.keepSeconds(ended), 59);
    await clock.advance(120_000);
    assert.equal(registry.keepSeconds(ended), 0);
  });

  it("keeps no more ended tasks than it may, and lets the first ended go first", async () => {
    const { clock, removed, add, end, ids } = createRegistry({ maxKept: 2 });
    for (const id of ["a", "b", "c", "alive"]) add(id);
    for (const id of ["c", "a", "b"]) {
      await end(id);
      await clock.advance(1000);
    }

    assert.deepEqual(ids(), ["a", "b", "alive"]);
    assert.deepEqual(removed, ["c"]);
  });

  it("says nothing of the removal of what it doesn't have", () => {
    const { registry, removed, add } = createRegistry();
    add("a");

    registry.remove("a");
    registry.remove("a");
    registry.remove("unknown");

    assert.deepEqual(removed, ["a"]);
  });
});
