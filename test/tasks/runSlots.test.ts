import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RunSlots, type RunLimits } from "../../src/tasks/runSlots";
import { TaskError } from "../../src/tasks/taskError";

function createSlots(limits: Partial<RunLimits> = {}) {
  const started: string[] = [];
  const slots = new RunSlots({
    maxRunningPerHost: 2,
    maxRunning: 3,
    maxWaiting: 10,
    ...limits,
  });
  const enter = (id: string, alias = "a"): void => {
    slots.requirePlace(alias);
    slots.enter(id, alias, () => started.push(id));
  };
  return { slots, started, enter };
}

function isTooManyTasks(error: unknown): boolean {
  return error instanceof TaskError && error.code === "tooManyTasks";
}

describe("run slots", () => {
  it("start a task at once while there is a place", () => {
    const { started, enter } = createSlots();

    enter("1");
    enter("2");

    assert.deepEqual(started, ["1", "2"]);
  });

  it("let a task wait for a place on its host, and start the one that came first", () => {
    const { slots, started, enter } = createSlots();
    for (const id of ["1", "2", "3", "4"]) enter(id);

    assert.deepEqual(started, ["1", "2"]);
    slots.leave("1");

    assert.deepEqual(started, ["1", "2", "3"]);
  });

  it("let a busy host keep nobody from another one", () => {
    const { started, enter } = createSlots();
    for (const id of ["1", "2", "3"]) enter(id, "a");

    enter("4", "b");

    assert.deepEqual(started, ["1", "2", "4"]);
  });

  it("run no more than the limit over all hosts", () => {
    const { slots, started, enter } = createSlots({ maxRunning: 3 });
    for (const [index, alias] of ["a", "b", "c", "d"].entries()) enter(String(index), alias);

    assert.deepEqual(started, ["0", "1", "2"]);
    slots.leave("0");

    assert.deepEqual(started, ["0", "1", "2", "3"]);
  });

  it("refuse a task when too many wait, and say what to do", () => {
    const { started, enter } = createSlots({ maxRunningPerHost: 1, maxWaiting: 2 });
    for (const id of ["1", "2", "3"]) enter(id);

    assert.throws(() => enter("4"), isTooManyTasks);
    assert.throws(() => enter("4"), /Too many tasks are waiting \(limit 2\)/);
    assert.deepEqual(started, ["1"]);
  });

  it("start a task on a free host also when the queue for another host is full", () => {
    const { started, enter } = createSlots({ maxRunningPerHost: 1, maxWaiting: 2 });
    for (const id of ["1", "2", "3"]) enter(id, "a");

    enter("4", "b");

    assert.deepEqual(started, ["1", "4"]);
  });

  it("give a place away once, however often it is left", () => {
    const { slots, started, enter } = createSlots({ maxRunningPerHost: 1 });
    for (const id of ["1", "2", "3"]) enter(id);

    slots.leave("1");
    slots.leave("1");
    slots.leave("unknown");

    assert.deepEqual(started, ["1", "2"]);
  });

  it("never start a task that left the queue", () => {
    const { slots, started, enter } = createSlots({ maxRunningPerHost: 1 });
    for (const id of ["1", "2", "3"]) enter(id);

    slots.leave("2");
    slots.leave("1");

    assert.deepEqual(started, ["1", "3"]);
  });

  it("keep all limits, start each task once and lose none, whatever comes and goes", () => {
    const steps = fc.array(fc.record({ alias: fc.constantFrom("a", "b", "c"), leaves: fc.nat(3) }));

    fc.assert(
      fc.property(steps, (sequence) => {
        const limits = { maxRunningPerHost: 2, maxRunning: 4, maxWaiting: 1000 };
        const slots = new RunSlots(limits);
        const running = new Map<string, string>();
        const all: string[] = [];
        const leaveOldest = (): void => {
          const [oldest] = running.keys();
          if (oldest === undefined) return;
          running.delete(oldest);
          slots.leave(oldest);
        };
        const start = (id: string, alias: string): void => {
          assert.ok(!all.includes(id), `${id} was started twice`);
          all.push(id);
          running.set(id, alias);
          assert.ok(running.size <= limits.maxRunning);
          const onHost = [...running.values()].filter((other) => other === alias);
          assert.ok(onHost.length <= limits.maxRunningPerHost);
        };

        for (const [index, { alias, leaves }] of sequence.entries()) {
          slots.enter(String(index), alias, () => start(String(index), alias));
          for (let left = 0; left < leaves; left++) leaveOldest();
        }
        while (running.size > 0) leaveOldest();

        assert.equal(all.length, sequence.length);
      }),
    );
  });
});
