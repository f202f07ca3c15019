import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hostNotFound, TaskError, tooManyTasks } from "../../src/tasks/taskError";
import { createUi } from "./createUi";

describe("a failure", () => {
  it("is shown with its next step as a button that takes it", async () => {
    const { editor, notify } = createUi();
    editor.press = ({ buttons }) => buttons[0];

    await notify.error(hostNotFound("nowhere"));
    await notify.error(tooManyTasks(5));

    assert.deepEqual(
      editor.messages.map(({ kind, buttons }) => [kind, ...buttons]),
      [
        ["error", "Open Settings"],
        ["error", "Open SSH Tasks"],
      ],
    );
    assert.deepEqual(editor.executed, [
      ["workbench.action.openSettings", "sshTasks."],
      ["sshTasks.openPanel", undefined],
    ]);
  });

  it("leads to the log when there is no other step", async () => {
    const { editor, notify, notified } = createUi();
    editor.press = () => "Show Log";

    await notify.error(new Error("broken"));

    assert.equal(editor.messages[0]?.text, "broken");
    assert.match(notified[0] ?? "", /^error: Error: broken\n/);
    assert.equal(notified[1], "shown");
  });

  it("does nothing more when the message is closed", async () => {
    const { editor, notify, notified } = createUi();

    await notify.error(hostNotFound("nowhere"));

    assert.deepEqual(editor.executed, []);
    assert.deepEqual(notified, ["error: hostNotFound: Host alias not found: nowhere"]);
  });

  it("never shows a link that it contains", async () => {
    const { editor, notify } = createUi();

    await notify.error(new TaskError("hostSilent", "[Click](command:evil)"));
    await notify.warn("[Click](https://example.com)");

    for (const { text } of editor.messages) assert.doesNotMatch(text, /\]\(/);
  });
});
