import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TestEvents, type TestEvent } from "./testEvents";

function read(...events: Partial<TestEvent>[]): string[] {
  const reader = new TestEvents();
  return events.flatMap((event) => {
    const whole = {
      type: "test:pass",
      name: "",
      nesting: 0,
      suite: false,
      ms: 0,
      skipped: false,
      ...event,
    } as const;
    const result = reader.read(whole);
    return result ? [`${result.outcome}: ${result.title}`] : [];
  });
}

describe("TestEvents", () => {
  it("counts the tests of a suite, not the suite", () => {
    const results = read(
      { type: "test:start", name: "suite" },
      { type: "test:start", name: "one", nesting: 1 },
      { name: "one", nesting: 1 },
      { type: "test:start", name: "two", nesting: 1 },
      { type: "test:fail", name: "two", nesting: 1, failureType: "testCodeFailure" },
      { type: "test:fail", name: "suite", suite: true, failureType: "subtestsFailed" },
    );

    assert.deepEqual(results, ["passed: suite › one", "failed: suite › two"]);
  });

  it("does not count a test that has tests inside", () => {
    const results = read(
      { type: "test:start", name: "outer" },
      { type: "test:start", name: "inner", nesting: 1 },
      { name: "inner", nesting: 1 },
      { name: "outer" },
    );

    assert.deepEqual(results, ["passed: outer › inner"]);
  });

  it("counts a suite whose own hook fails", () => {
    assert.deepEqual(
      read({ type: "test:fail", name: "suite", suite: true, failureType: "hookFailed" }),
      ["failed: suite"],
    );
  });

  it("counts what is skipped, a whole suite too", () => {
    assert.deepEqual(
      read({ name: "one", skipped: true }, { name: "suite", suite: true, skipped: true }),
      ["skipped: one", "skipped: suite"],
    );
  });
});
