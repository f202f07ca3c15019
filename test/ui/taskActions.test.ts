import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTaskActions } from "../../src/ui/taskActions";
import { settle } from "../support/fakeClock";
import { Uri } from "../support/vscode";
import { createUi } from "./createUi";

function createActions() {
  const ui = createUi();
  const [shown, opened]: [string[], string[]] = [[], []];
  const act = createTaskActions({
    ...ui,
    panel: { show: (id) => void shown.push(id) },
    terminals: { show: ({ id }) => void opened.push(id) },
  });
  return { ...ui, act, shown, opened };
}

describe("what a person does with a task", () => {
  it("opens it in a terminal", async () => {
    const { startRunning, act, opened } = createActions();
    const { task } = await startRunning();

    await act["sshTasks.openInTerminal"](task.id);

    assert.deepEqual(opened, [task.id]);
  });

  it("runs it again as it was started, and shows the new one", async () => {
    const { start, tasks, act, shown } = createActions();
    const first = await start({ command: "make", durable: true, merge: true, maxSeconds: 60 });

    await act["sshTasks.runTaskAgain"](first.id);

    const [id = ""] = shown;
    const { alias, command, durable, merge, maxSeconds } = first;
    const { startedBy, ...again } = tasks.getTask(id) ?? first;
    assert.notEqual(again.id, first.id);
    assert.deepEqual(
      [again.alias, again.command, again.durable, again.merge, again.maxSeconds, startedBy],
      [alias, command, durable, merge, maxSeconds, "tree"],
    );
  });

  it("copies command, id, and both streams of the output in one", async () => {
    const { startRunning, act, editor } = createActions();
    const { task, remote } = await startRunning({ command: "make\nmake test" });
    remote.write("stdout", "out\n");
    remote.write("stderr", "no end");
    await settle();

    await act["sshTasks.copyCommand"](task.id);
    assert.equal(editor.clipboard, "make\nmake test");
    await act["sshTasks.copyTaskId"](task.id);
    assert.equal(editor.clipboard, task.id);
    await act["sshTasks.copyOutput"](task.id);
    assert.equal(editor.clipboard, "out\nno end");
  });

  it("copies no more than a clipboard takes, and says so; a file has all of it", async () => {
    const { startRunning, act, editor } = createActions();
    const { task, remote } = await startRunning();
    for (let i = 0; i < 3; i++) remote.write("stdout", "x".repeat(1024 * 1024));
    await settle();

    await act["sshTasks.copyOutput"](task.id);
    assert.equal(editor.clipboard?.length, 1024 * 1024);
    assert.match(editor.messages[0]?.text ?? "", /Only the beginning was copied/);

    editor.saveTo = Uri.parse("file:///home/me/build.log");
    await act["sshTasks.saveOutput"](task.id);
    assert.equal(editor.written.get("file:///home/me/build.log")?.length, 3 * 1024 * 1024);
  });

  it("saves nothing where the person changes their mind", async () => {
    const { startRunning, act, editor } = createActions();
    const { task } = await startRunning();

    await act["sshTasks.saveOutput"](task.id);

    assert.equal(editor.written.size, 0);
  });

  it("says what of the output is not kept", async () => {
    const { startRunning, act, editor } = createActions();
    const { task, remote } = await startRunning();
    for (let i = 0; i < 40; i++) remote.write("stdout", `${"y".repeat(1024 * 1024 - 1)}\n`);
    remote.exit(0);
    await settle();
    editor.saveTo = Uri.parse("file:///log");

    await act["sshTasks.saveOutput"](task.id);

    assert.match(editor.written.get("file:///log") ?? "", /\n\[[\d.]+ MiB of stdout not kept\]\n/);
  });

  it("removes what has ended, and nothing that runs", async () => {
    const { startRunning, tasks, act } = createActions();
    const { task, remote } = await startRunning();
    await act["sshTasks.removeTask"](task.id);
    assert.ok(tasks.getTask(task.id));
    remote.exit(0);
    await settle();

    await act["sshTasks.removeTask"](task.id);

    assert.equal(tasks.getTask(task.id), undefined);
  });

  it("asks which where no line was clicked, among those that fit", async () => {
    const { startRunning, act, editor, tasks } = createActions();
    await act["sshTasks.copyTaskId"]();
    assert.equal(editor.messages[0]?.text, "There is no such SSH task.");
    const running = await startRunning();
    const ended = await startRunning();
    ended.remote.exit(0);
    await settle();
    editor.pick = (items) => items.at(-1);

    await act["sshTasks.copyTaskId"]();
    assert.equal(editor.clipboard, running.task.id);
    await act["sshTasks.removeTask"]();
    assert.deepEqual(
      tasks.listTasks().map(({ id }) => id),
      [running.task.id],
    );
  });

  it("says of a line whose task is gone that it is", async () => {
    const { act, editor } = createActions();

    await act["sshTasks.copyCommand"]("build01:1:1");

    assert.equal(editor.messages[0]?.text, "This SSH task is not kept any more.");
  });
});
