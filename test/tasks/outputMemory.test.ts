import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { OutputLog } from "../../src/tasks/outputLog";
import { OutputMemory } from "../../src/tasks/outputMemory";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { KiB, MiB } from "./bytes";

function createMemory(maxOutputMemoryBytes: number) {
  const kept: { output: OutputLog; ended: boolean }[] = [];
  const memory = new OutputMemory({ maxOutputMemoryBytes }, () => kept);
  const add = (): { output: OutputLog; ended: boolean } => {
    const task = { output: new OutputLog(memory.account), ended: false };
    kept.push(task);
    return task;
  };
  return { memory, add };
}

function write(output: OutputLog, bytes: number): void {
  for (let left = bytes; left > 0; left -= 32 * KiB) {
    output.append("stdout", Buffer.alloc(Math.min(left, 32 * KiB), "x"));
  }
}

describe("the memory for output", () => {
  it("is taken from the oldest ended tasks when it runs short, and leaves them their start and end", () => {
    const { memory, add } = createMemory(4 * MiB);
    const [oldest, older, live] = [add(), add(), add()];
    oldest.output.append("stdout", Buffer.from("the start\n"));
    for (const { output } of [oldest, older]) write(output, MiB);
    oldest.output.append("stdout", Buffer.from("\nthe end"));
    for (const task of [oldest, older]) {
      task.ended = true;
      task.output.end(768 * KiB);
    }

    write(live.output, 2.5 * MiB);

    const answer = oldest.output.summarize(MiB);
    assert.match(answer.stdout, /^the start\n/);
    assert.match(answer.stdout, /\nthe end$/);
    assert.match(answer.stdout, /\[\d+ bytes of stdout left out here\]/);
    assert.equal(answer.gaps.length, 1);
    assert.deepEqual(older.output.summarize(MiB).gaps, [], "that was enough");
    assert.deepEqual(live.output.summarize(4 * MiB).gaps, []);
    assert.ok(memory.usedBytes <= 4 * MiB);
  });

  it("is bounded also when nothing has ended, by keeping less of the ends of what runs", () => {
    const { memory, add } = createMemory(16 * MiB);
    const tasks = Array.from({ length: 10 }, add);

    for (const { output } of tasks) write(output, 5 * MiB);

    assert.ok(memory.usedBytes <= 16 * MiB, `${memory.usedBytes} bytes`);
    for (const { output } of tasks) assert.deepEqual(output.size.stdout, 5 * MiB);
  });

  it("counts exactly what the outputs take, whatever happens to them", () => {
    const step = fc.record({ task: fc.nat(3), bytes: fc.nat(900_000), ends: fc.boolean() });

    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { memory, add } = createMemory(2 * MiB);
        const tasks = Array.from({ length: 4 }, add);
        for (const { task: index, bytes, ends } of steps) {
          const task = tasks[index];
          if (!task || task.ended) continue;
          write(task.output, bytes);
          if (ends) {
            task.ended = true;
            task.output.end(768 * KiB);
          }
        }

        for (const { output } of tasks) output.keepOnly(0, 0);

        assert.equal(memory.usedBytes, 0);
      }),
      { numRuns: 30 },
    );
  });

  it("is given back by tasks that are no longer kept, so that others keep all of theirs", async () => {
    const limits = { maxOutputMemoryBytes: 3 * MiB, maxRunningPerHost: 20, maxRunning: 20 };
    const { tasks, startRunning } = createTasks({ limits });
    for (let round = 0; round < 10; round++) {
      const { task, remote } = await startRunning();
      remote.write("stdout", Buffer.alloc(MiB, "x"));
      remote.exit(0);
      await settle();

      assert.deepEqual(tasks.summarizeOutput(task.id, MiB)?.gaps, []);
      tasks.clearFinished();
    }
  });
});
