import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskTerminals } from "../../src/ui/taskTerminal";
import { eventually } from "../support/eventually";
import { settle } from "../support/fakeClock";
import { whenForced } from "../support/fakeRemoteHost";
import { createUi } from "./createUi";

async function createTerminal() {
  const ui = createUi();
  const terminals = new TaskTerminals(ui);
  const { task, remote } = await ui.startRunning({ command: "make test" });
  const show = () => {
    const now = ui.tasks.getTask(task.id);
    assert.ok(now);
    terminals.show(now);
    return ui.editor.terminals.at(-1);
  };
  const terminal = show();
  assert.ok(terminal);
  const says = (what: RegExp) =>
    eventually(String(what), () => {
      if (!what.test(terminal.text)) throw new Error(JSON.stringify(terminal.text));
      return true;
    });
  const status = () => ui.tasks.getTask(task.id)?.status;
  return { ...ui, task, remote, terminal, show, says, status };
}

describe("a task in a terminal", () => {
  it("has its output from the start on, live, and how it ended", async () => {
    const ui = createUi();
    const { task, remote } = await ui.startRunning({ command: "make test" });
    remote.write("stdout", "before\n");

    new TaskTerminals(ui).show(task);
    const [terminal] = ui.editor.terminals;
    await eventually("it is replayed", () => terminal?.text === "before\r\n");
    remote.write("stdout", "50%\r100%");
    await eventually("it is followed", () => terminal?.text.endsWith("50%\r100%") === true);
    remote.exit(2);

    await eventually("it tells the end", () => /Press Enter/.test(terminal?.text ?? ""));
    assert.equal(terminal?.name, "build01: make test");
    assert.match(terminal.text, /100%\r\n\x18\x1b\[0;3mFailed \(2\) after \d+ms\.\x1b\[0m\r\n/);
  });

  it("passes no control string of the host on, nor what a host has said in a sentence of ours", async () => {
    const { remote, terminal, says } = await createTerminal();

    remote.write("stdout", "a\x1b]52;c;cm0=\x07b\n");
    remote.exit(0);

    await says(/Press Enter/);
    assert.ok(terminal.text.startsWith("ab\r\n"));
    assert.doesNotMatch(terminal.text, /\x1b\]/);
  });

  it("cancels by Ctrl+C, as the terminal, and tells the receipt", async () => {
    const { tasks, task, terminal, says, status } = await createTerminal();

    terminal.type("\x03");

    await says(/Press Enter/);
    assert.equal(status(), "cancelled");
    const now = tasks.getTask(task.id);
    assert.equal(now && "receipt" in now && now.receipt?.requestedBy, "terminal");
    for (const line of [
      /Cancelled after /,
      /Asked for: by you at /,
      /Signals: TERM to 3 /,
      /Verified: nothing left at /,
    ])
      assert.match(terminal.text, line);
  });

  it("kills by a second Ctrl+C while it is being cancelled", async () => {
    const { remote, terminal, says, status } = await createTerminal();
    remote.onCancel = (climb) => whenForced(climb, () => remote.endTree(["TERM", "KILL"]));

    terminal.type("\x03");
    await says(/Cancelling\. Ctrl\+C once more kills it\./);
    assert.equal(status(), "cancelling");
    terminal.type("\x03");

    await says(/Killing it now\.[^]*Verified: /);
    assert.equal(status(), "cancelled");
  });

  it("takes no input, says so once, and is not fooled by what a terminal answers to a host", async () => {
    const { remote, editor, terminal, show, says } = await createTerminal();

    terminal.type("\x1b[1;1R");
    terminal.type("l");
    terminal.type("s");
    assert.equal(terminal.text.match(/takes no input/g)?.length, 1);

    remote.exit(0);
    await says(/Press Enter/);
    terminal.type("\x1b[1;1R");
    assert.equal(terminal.exitStatus, undefined);
    terminal.type("\r");
    assert.notEqual(terminal.exitStatus, undefined);
    show();
    assert.equal(editor.terminals.length, 2, "another one");
  });

  it("only stops watching when it is closed, and is opened anew", async () => {
    const { remote, editor, terminal, show, status } = await createTerminal();
    show();
    assert.equal(editor.terminals.length, 1, "the same one");
    assert.equal(terminal.shows, 2);

    terminal.close();
    remote.write("stdout", "on\n");
    await settle();
    assert.equal(status(), "running");
    assert.equal(terminal.text, "");

    const other = show();
    assert.equal(editor.terminals.length, 2);
    await eventually("it has all of it", () => other?.text === "on\r\n");
  });
});
