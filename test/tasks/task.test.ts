import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { elapsedMs, isCancellable, isEnded, mayMove } from "../../src/tasks/task";
import { createEndedTask, createTask, legalMoves, statuses } from "./samples";

describe("the moves of a task", () => {
  for (const from of statuses) {
    const to = legalMoves.filter(([start]) => start === from).map(([, end]) => end);

    it(`lead from ${from} to ${to.join(", ") || "nothing"}`, () => {
      const allowed = statuses.filter((next) => mayMove(from, next));

      assert.deepEqual(new Set(allowed), new Set(to));
    });
  }
});

describe("a task", () => {
  it("has ended when it is completed, failed or cancelled, and only then", () => {
    const ended = statuses.filter((status) => isEnded(createTask(status)));

    assert.deepEqual(ended, ["completed", "failed", "cancelled"]);
  });

  it("can be cancelled until it has ended, a lost one too", () => {
    const cancellable = statuses.filter((status) => isCancellable(createTask(status)));

    assert.deepEqual(cancellable, ["pending", "running", "cancelling", "lost"]);
  });

  it("grows older until its end, and not after", () => {
    const running = createTask("running");
    const completed = createEndedTask("completed", running.createdAt + 3000);

    assert.equal(elapsedMs(running, running.createdAt + 7000), 7000);
    assert.equal(elapsedMs(completed, running.createdAt + 99_000), 3000);
  });

  it("is never of a negative age, also when the clock was set back", () => {
    const running = createTask("running");

    assert.equal(elapsedMs(running, running.createdAt - 5000), 0);
  });
});
