import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { secondsWithin } from "../../src/tasks/runRules";
import { policyInvalid } from "../../src/tasks/taskError";
import { createTasks } from "../support/createTasks";

describe("the seconds a task gets", () => {
  const cases: [number | undefined, number | undefined, number, number][] = [
    [undefined, undefined, 60, 60],
    [undefined, 0, 60, 0],
    [undefined, 7, 60, 7],
    [30, undefined, 60, 30],
    [30, undefined, 0, 30],
    [30, undefined, 20, 20],
    [30, 30, 60, 30],
    [30, 1, 60, 1],
  ];
  for (const [bound, asked, fallback, seconds] of cases) {
    it(`are ${seconds} where ${bound} is the most, ${asked} asked for and ${fallback} usual`, () => {
      assert.equal(secondsWithin(bound, asked, fallback, "build01"), seconds);
    });
  }

  for (const asked of [31, 0, 2_592_000]) {
    it(`are never made fewer: ${asked} with 30 at the most is refused`, () => {
      assert.throws(() => secondsWithin(30, asked, 60, "build01"), {
        code: "limitExceeded",
        message:
          "The policy allows a task on build01 to take 30 s at the most. Start it with max_seconds from 1 to 30.",
      });
    });
  }
});

describe("whoever starts a task", () => {
  const rules = { maxSeconds: () => Promise.resolve(30) };

  it("is refused more seconds than there are", async () => {
    const { start, tasks } = createTasks({ rules });

    await assert.rejects(start({ startedBy: "palette", maxSeconds: 31 }), {
      code: "limitExceeded",
    });

    assert.deepEqual(tasks.listTasks(), []);
  });

  it("gets the most there is where none are asked for, and the task ends then", async () => {
    const { startRunning, clock, tasks } = createTasks({ rules });
    const { task } = await startRunning({ startedBy: "palette" });
    assert.equal(task.maxSeconds, 30);

    await clock.advance(29_999);
    assert.equal(tasks.getTask(task.id)?.status, "running");
    await clock.advance(1);

    const end = tasks.getTask(task.id);
    assert.deepEqual([end?.status, end && "timeout" in end && end.timeout], ["failed", true]);
  });

  it("starts nothing where the rules can't be read", async () => {
    const failure = policyInvalid("policy.yml:3: no.");
    const { start, tasks } = createTasks({
      rules: { maxSeconds: () => Promise.reject(failure) },
    });

    await assert.rejects(start({ startedBy: "palette" }), failure);

    assert.deepEqual(tasks.listTasks(), []);
  });
});
