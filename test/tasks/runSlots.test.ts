import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RunSlots, type RunLimits } from "../../src/tasks/runSlots";
import { TaskError } from "../../src/tasks/taskError";
import { settle } from "../support/fakeClock";

function createSlots(limits: Partial<RunLimits> = {}) {
  const started: string[] = [];
  const admitted: string[] = [];
  const slots = new RunSlots({
    maxRunningPerHost: 2,
    maxRunning: 3,
    maxWaiting: 10,
    ...limits,
  });
  /** A task whose host hangs never asks to be admitted. */
  const enter = (id: string, alias = "a", { hangs = false } = {}): void => {
    slots.requirePlace(alias);
    slots.enter(id, alias, () => {
      started.push(id);
      if (!hangs) void slots.admit(id).then(() => admitted.push(id));
    });
  };
  return { slots, started, admitted, enter };
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

  it("run no more than the limit over all hosts, in the order in which their hosts were ready", async () => {
    const { slots, started, admitted, enter } = createSlots({ maxRunning: 3 });
    for (const [index, alias] of ["a", "b", "c", "d", "e"].entries()) enter(String(index), alias);
    await settle();

    assert.deepEqual(started, ["0", "1", "2", "3", "4"]);
    assert.deepEqual(admitted, ["0", "1", "2"]);
    slots.leave("0");
    await settle();

    assert.deepEqual(admitted, ["0", "1", "2", "3"]);
  });

  it("let tasks on hosts that hang keep nobody from another host", async () => {
    const { started, admitted, enter } = createSlots({ maxRunning: 2 });
    for (const alias of ["a", "b", "c"]) {
      for (const k of [1, 2, 3]) enter(`${alias}${k}`, alias, { hangs: true });
    }

    enter("works", "d");
    await settle();

    assert.deepEqual(started, ["a1", "a2", "b1", "b2", "c1", "c2", "works"]);
    assert.deepEqual(admitted, ["works"]);
  });

  it("let go of a task that leaves before it was admitted, without taking a place", async () => {
    const { slots, admitted, enter } = createSlots({ maxRunning: 1 });
    for (const [index, alias] of ["a", "b", "c"].entries()) enter(String(index), alias);

    slots.leave("1");
    slots.leave("0");
    await settle();

    assert.deepEqual(admitted, ["0", "1", "2"], "each is told, and 1 as it left");
  });

  it("follow a limit that is changed meanwhile", () => {
    const limits = { maxRunningPerHost: 1, maxRunning: 1, maxWaiting: 10 };
    const slots = new RunSlots(limits);
    const started: string[] = [];
    const enter = (id: string): void => slots.enter(id, "a", () => started.push(id));
    enter("1");
    enter("2");

    limits.maxRunningPerHost = 3;
    enter("3");

    assert.deepEqual(started, ["1", "2", "3"]);
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

  it("keep all limits, start each task once and lose none, whatever comes and goes", async () => {
    const steps = fc.array(fc.record({ alias: fc.constantFrom("a", "b", "c"), leaves: fc.nat(3) }));
    const limits = { maxRunningPerHost: 2, maxRunning: 4, maxWaiting: 1000 };

    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const slots = new RunSlots(limits);
        const placed = new Map<string, string>();
        const admitted = new Set<string>();
        const all = new Set<string>();
        const leaveOldest = async (): Promise<void> => {
          const [oldest] = placed.keys();
          if (oldest === undefined) return;
          placed.delete(oldest);
          admitted.delete(oldest);
          slots.leave(oldest);
          await settle();
        };
        const start = (id: string, alias: string): void => {
          assert.ok(!all.has(id), `${id} was started twice`);
          all.add(id);
          placed.set(id, alias);
          const onHost = [...placed.values()].filter((other) => other === alias);
          assert.ok(onHost.length <= limits.maxRunningPerHost);
          void slots.admit(id).then(() => {
            if (placed.has(id)) admitted.add(id);
            assert.ok(admitted.size <= limits.maxRunning);
          });
        };

        for (const [index, { alias, leaves }] of sequence.entries()) {
          slots.enter(String(index), alias, () => start(String(index), alias));
          for (let left = 0; left < leaves; left++) await leaveOldest();
        }
        await settle();
        assert.equal(admitted.size, Math.min(placed.size, limits.maxRunning));
        while (placed.size > 0) await leaveOldest();

        assert.equal(all.size, sequence.length);
      }),
    );
  });
});
