import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dispatch, fromPanelChecks, toPanelChecks } from "../../src/panel/protocol";

function createReceiver() {
  const received: unknown[] = [];
  const note = (type: string) => (body: unknown) => received.push([type, body]);
  const receive = (message: unknown): boolean =>
    dispatch(message, fromPanelChecks, {
      ready: note("ready"),
      readOutput: note("readOutput"),
      cancel: note("cancel"),
      stopLeftovers: note("stopLeftovers"),
      runTask: note("runTask"),
    });
  return { received, receive };
}

const question = { question: 1, taskId: "a", cursor: { stdout: 0, stderr: 7 } };

describe("a message", () => {
  it("reaches the handler of its type", () => {
    const { received, receive } = createReceiver();

    assert.equal(receive({ type: "ready", body: {} }), true);
    assert.equal(receive({ type: "cancel", body: { taskId: "a", force: false } }), true);
    assert.equal(receive({ type: "stopLeftovers", body: { taskId: "a" } }), true);
    assert.equal(receive({ type: "readOutput", body: question }), true);

    assert.deepEqual(received, [
      ["ready", {}],
      ["cancel", { taskId: "a", force: false }],
      ["stopLeftovers", { taskId: "a" }],
      ["readOutput", question],
    ]);
  });

  for (const [what, message] of [
    ["is no object", "ready"],
    ["is null", null],
    ["has no type", { body: {} }],
    ["has a type that nobody knows", { type: "format", body: {} }],
    ["has a type of every object", { type: "toString", body: {} }],
    ["has no body", { type: "ready" }],
    ["cancels nothing", { type: "cancel", body: {} }],
    ["cancels a number", { type: "cancel", body: { taskId: 1, force: false } }],
    ["does not say whether to force", { type: "cancel", body: { taskId: "a" } }],
    ["forces with a word", { type: "cancel", body: { taskId: "a", force: "yes" } }],
    ["stops the leftovers of nothing", { type: "stopLeftovers", body: {} }],
    ["asks for no task", { type: "readOutput", body: { ...question, taskId: undefined } }],
    ["asks from nowhere", { type: "readOutput", body: { ...question, cursor: null } }],
    [
      "asks from before the start",
      { type: "readOutput", body: { ...question, cursor: { stdout: -1, stderr: 0 } } },
    ],
    [
      "asks from between two bytes",
      { type: "readOutput", body: { ...question, cursor: { stdout: 0.5, stderr: 0 } } },
    ],
    ["has no number", { type: "readOutput", body: { ...question, question: "1" } }],
  ] as const) {
    it(`is ignored when it ${what}`, () => {
      const { received, receive } = createReceiver();

      assert.equal(receive(message), false);
      assert.deepEqual(received, []);
    });
  }

  it("to the panel is told apart from what others post to its window", () => {
    const ignore = (): void => undefined;
    const handlers = { state: ignore, changes: ignore, select: ignore, output: ignore };
    const receive = (message: unknown): boolean => dispatch(message, toPanelChecks, handlers);

    assert.equal(receive({ type: "state", body: { tasks: [], now: 1 } }), true);
    assert.equal(receive({ type: "select", body: { taskId: "a" } }), true);
    assert.equal(receive({ type: "state", body: {} }), false);
    assert.equal(receive({ type: "webpackOk" }), false);
  });
});
