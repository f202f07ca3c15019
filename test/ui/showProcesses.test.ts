import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HostProcess } from "../../src/tasks/remoteHost";
import type { Task } from "../../src/tasks/task";
import { TaskError } from "../../src/tasks/taskError";
import { showProcesses } from "../../src/ui/showProcesses";
import { settle } from "../support/fakeClock";
import { createUi } from "./createUi";

const tree: readonly HostProcess[] = [
  { pid: 10, parent: 1, user: "dev", ageSeconds: 65, command: "sh -c $(zap) $(date +%s)" },
  { pid: 11, parent: 10, user: "root", ageSeconds: 0, command: "sleep 600" },
];

function createList() {
  const ui = createUi();
  const ended: string[] = [];
  const end = (task: Task): void => void ended.push(task.id);
  const show = (taskId: string) => {
    const shown = showProcesses({ tasks: ui.tasks, notify: ui.notify, end }, taskId);
    const list = ui.editor.quickPicks.at(-1);
    return { list, shown };
  };
  return { ...ui, ended, show };
}

describe("the list of a task's processes", () => {
  it("is busy until the host has answered, and then has pid, user, age and command of each", async () => {
    const { startRunning, show } = createList();
    const { task, remote } = await startRunning({ command: "make test" });
    remote.onList = () => Promise.resolve(tree);

    const { list, shown } = show(task.id);
    assert.deepEqual([list?.visible, list?.busy], [true, true]);
    await shown;

    assert.equal(list?.title, "Processes of make test on build01");
    assert.equal(list.busy, false);
    assert.deepEqual(list.items, [
      { label: "sh -c \\$(zap) $(date +%s)", description: "10 · dev · 1m 5s" },
      { label: "    sleep 600", description: "11 · root · 0s" },
    ]);
    assert.deepEqual(remote.climbs, []);
  });

  it("says that nothing runs", async () => {
    const { start, show } = createList();
    const { id } = await start();

    const { list, shown } = show(id);
    await shown;

    assert.deepEqual([list?.items, list?.placeholder], [[], "Nothing of it runs on build01"]);
  });

  it("has a button that ends them, and closes with it", async () => {
    const { startRunning, show, ended } = createList();
    const { task } = await startRunning();
    const { list, shown } = show(task.id);
    await shown;
    assert.deepEqual(
      list?.buttons.map(({ tooltip }) => tooltip),
      ["Cancel SSH Task"],
    );

    list.press();

    assert.deepEqual(ended, [task.id]);
    assert.deepEqual([list.visible, list.disposed], [false, true]);
  });

  it("has none for a task that has ended clean", async () => {
    const { startRunning, show } = createList();
    const { task, remote } = await startRunning();
    remote.exit(0);
    await settle();

    const { list, shown } = show(task.id);
    await shown;

    assert.deepEqual(list?.buttons, []);
  });

  it("closes and fails when the host can't be asked", async () => {
    const { startRunning, show } = createList();
    const { task, remote } = await startRunning();
    remote.onList = () => Promise.reject(new TaskError("connectionTimeout", "No answer."));

    const { list, shown } = show(task.id);

    await assert.rejects(shown, /No answer/);
    assert.equal(list?.disposed, true);
  });

  it("says so when the task is no longer kept", async () => {
    const { editor, show } = createList();

    const { list, shown } = show("none");
    await shown;

    assert.equal(list, undefined);
    assert.equal(editor.messages[0]?.text, "This SSH task is no longer kept.");
  });
});
