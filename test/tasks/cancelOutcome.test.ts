import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeOutcome } from "../../src/tasks/cancelOutcome";
import { isEnded } from "../../src/tasks/task";
import { createEndedTask, createReceipt, createTask, statuses } from "./samples";

describe("the answer to an accepted cancel", () => {
  for (const status of statuses) {
    it(`carries the task that is ${status}, and its receipt where there is one`, () => {
      const task = createTask(status);

      const outcome = describeOutcome(task);

      assert.equal(outcome.accepted, true);
      assert.equal(outcome.task, task);
      assert.equal(outcome.receipt, "receipt" in task ? task.receipt : undefined);
    });
  }

  it('never says "cancelled" of a task that lives', () => {
    for (const status of statuses.filter((each) => !isEnded(createTask(each)))) {
      assert.doesNotMatch(describeOutcome(createTask(status)).note ?? "", /cancelled/i);
    }
  });

  it("says what a task may still do whose cancel goes on", () => {
    const outcome = describeOutcome(createTask("cancelling"));

    assert.equal(outcome.note, "Not verified: it may still run on build01; the cancel goes on.");
  });

  it("says of a lost task that nothing is verified", () => {
    assert.match(describeOutcome(createTask("lost")).note ?? "", /^Not verified: /);
  });

  it("quotes the receipt of a task that is gone", () => {
    const outcome = describeOutcome(createTask("cancelled"));

    assert.equal(outcome.note, "Verified: 3 processes gone from build01 after TERM, 0.4 s.");
    assert.deepEqual(outcome.receipt, createReceipt());
  });

  it("says of a task that ended meanwhile that it did so by itself", () => {
    const outcome = describeOutcome(createEndedTask("completed", 0));

    assert.equal(outcome.note, "It ended by itself before it could be cancelled.");
  });
});
