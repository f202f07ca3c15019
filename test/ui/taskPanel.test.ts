import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import type { WebviewPanel } from "vscode";
import type { FromPanel, Message, ToPanel } from "../../src/panel/protocol";
import { settle } from "../support/fakeClock";
import { reports, whenForced } from "../support/fakeRemoteHost";
import { FakeWebviewPanel } from "../support/vscode";
import { createUi } from "./createUi";

const ready: Message<FromPanel> = { type: "ready", body: {} };

function createOpenPanel() {
  const ui = createUi();
  const panel = ui.createPanel();
  panel.show();
  const tab = lastTab(ui.editor.panels);
  return { ...ui, panel, tab, ...heardBy(tab) };
}

function lastTab(tabs: readonly FakeWebviewPanel[]): FakeWebviewPanel {
  const tab = tabs.at(-1);
  assert.ok(tab, "no panel is open");
  return tab;
}

/** What the page was told since it was last asked. */
function heardBy(tab: FakeWebviewPanel) {
  const heard = (): Message<ToPanel>[] => tab.heard.splice(0) as Message<ToPanel>[];
  const state = (): ToPanel["state"] => {
    const [message, ...rest] = heard();
    assert.deepEqual([message?.type, rest], ["state", []]);
    return message?.body as ToPanel["state"];
  };
  const changes = (): ToPanel["changes"] => {
    mock.timers.tick(50);
    const last = heard().at(-1);
    assert.equal(last?.type, "changes");
    return last.body;
  };
  return { heard, state, changes };
}

describe("the panel", () => {
  it("opens once, and comes to the front after that", () => {
    const { panel, tab, editor } = createOpenPanel();

    panel.show();
    panel.show("an-id", { preserveFocus: true });

    assert.equal(editor.panels.length, 1);
    assert.equal(tab.viewType, "sshTasks.panel");
    assert.deepEqual(tab.reveals, [
      [undefined, false],
      [undefined, true],
    ]);
  });

  it("loads its script from dist and may read nothing else", () => {
    const { tab } = createOpenPanel();

    assert.match(tab.webview.html, /src="webview:file:\/extension\/dist\/panel\.js"/);
    const { enableScripts, localResourceRoots } = tab.webview.options;
    assert.equal(enableScripts, true);
    assert.deepEqual(localResourceRoots?.map(String), ["file:/extension/dist"]);
  });

  it("opens anew after it was closed", () => {
    const { panel, tab, editor } = createOpenPanel();

    tab.dispose();
    panel.show();

    assert.equal(editor.panels.length, 2);
  });

  it("takes back the tab that VS Code restores, but never a second one", async () => {
    const { editor, panel } = createOpenPanel();
    const restored = new FakeWebviewPanel("sshTasks.panel", {});
    const second = new FakeWebviewPanel("sshTasks.panel", {});
    lastTab(editor.panels).dispose();

    for (const tab of [restored, second]) {
      await editor.serializer?.deserializeWebviewPanel(tab as unknown as WebviewPanel, {});
    }
    panel.show();

    assert.match(restored.webview.html, /panel\.js/);
    assert.equal(second.disposed, true);
    assert.equal(editor.panels.length, 1);
  });

  it("closes with its owner", () => {
    const { panel, tab, editor } = createOpenPanel();

    panel.dispose();

    assert.equal(tab.disposed, true);
    assert.equal(editor.serializer, undefined);
  });
});

describe("the conversation with the page", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  it("starts with the whole state once the page is ready", async () => {
    const { start, tab, heard, state } = createOpenPanel();
    const first = await start({ command: "first" });
    const second = await start({ command: "second" });
    assert.deepEqual(heard(), []);

    tab.say(ready);

    assert.deepEqual(
      state().tasks.map(({ id }) => id),
      [first.id, second.id],
    );
  });

  it("selects the task that the panel was opened for, then or later", async () => {
    const { start, panel, tab, heard, state } = createOpenPanel();
    const { id } = await start();

    panel.show(id);
    tab.say(ready);
    assert.equal(state().select, id);
    tab.say(ready);
    assert.equal(state().select, undefined);
    panel.show(id);
    assert.deepEqual(heard(), [{ type: "select", body: { taskId: id } }]);
  });

  it("tells what has changed, many changes at once", async () => {
    const { startRunning, tasks, tab, changes, heard } = createOpenPanel();
    const ended = await startRunning();
    ended.remote.exit(0);
    await settle();
    tab.say(ready);
    heard();

    const { task } = await startRunning({ command: "make" });
    tasks.clearFinished();
    const { tasks: views, removed } = changes();

    const [view, ...rest] = views;
    assert.deepEqual(
      [view?.id, view?.title, view?.statusText, view?.action?.label],
      [task.id, "make", "Running", "Cancel"],
    );
    assert.deepEqual(rest, []);
    assert.deepEqual(removed, [ended.task.id]);
    mock.timers.tick(1000);
    assert.deepEqual(heard(), []);
  });

  it("tells of a task before it is selected", async () => {
    const { start, panel, tab, heard } = createOpenPanel();
    tab.say(ready);
    heard();

    panel.show((await start()).id);

    assert.deepEqual(
      heard().map(({ type }) => type),
      ["changes", "select"],
    );
  });

  it("says nothing to a hidden page, and all again when it is back", async () => {
    const { start, panel, tab, heard, state } = createOpenPanel();
    tab.say(ready);
    heard();

    tab.setVisible(false);
    const { id } = await start();
    panel.show(id);
    tab.setVisible(true);
    assert.deepEqual(heard(), []);
    tab.say(ready);

    const { tasks, select } = state();
    assert.deepEqual([tasks.map((task) => task.id), select], [[id], id]);
  });

  it("cancels as the webview and shows the receipt in words", async () => {
    const { startRunning, tasks, tab, changes } = createOpenPanel();
    const { task } = await startRunning();
    tab.say(ready);

    tab.say({ type: "cancel", body: { taskId: task.id, force: false } });
    await settle();

    const now = tasks.getTask(task.id);
    assert.equal(now?.status === "cancelled" && now.receipt.requestedBy, "webview");
    const [view] = changes().tasks;
    assert.equal(view?.action, undefined);
    assert.deepEqual(view?.facts, ["started by test", "cancelled by you"]);
    assert.equal(view.note?.kind, "verified");
    assert.match(view.note.text, /^Verified: 3 processes gone from build01 after TERM/);
  });

  it("warns of a cancel that is not verified and offers it again", async () => {
    const { startRunning, clock, editor, tab, changes } = createOpenPanel();
    const { task, remote } = await startRunning();
    remote.onCancel = () => Promise.resolve(reports.left(clock.now()));
    tab.say(ready);

    tab.say({ type: "cancel", body: { taskId: task.id, force: false } });
    await settle();

    assert.match(editor.messages[0]?.text ?? "", /^Not verified: 1 process may still run/);
    assert.deepEqual(
      changes().tasks.map(({ action }) => action),
      [{ kind: "forceKill", label: "Force Kill" }],
    );
  });

  it("ends the grace at Force Kill", async () => {
    const { startRunning, tasks, tab, changes } = createOpenPanel();
    const { task, remote } = await startRunning();
    remote.onCancel = (climb) => whenForced(climb, () => remote.endTree(["TERM", "KILL"]));
    tab.say(ready);

    tab.say({ type: "cancel", body: { taskId: task.id, force: false } });
    await settle();
    assert.deepEqual(changes().tasks[0]?.action, { kind: "forceKill", label: "Force Kill" });
    tab.say({ type: "cancel", body: { taskId: task.id, force: true } });
    await settle();

    assert.equal(tasks.getTask(task.id)?.status, "cancelled");
    assert.equal(remote.climbs.length, 1);
  });

  it("stops what an ended task has left, whose status stays, and shows the receipt", async () => {
    const { startRunning, tasks, tab, changes } = createOpenPanel();
    const { task, remote } = await startRunning();
    remote.exit(0, undefined, 2);
    await settle();
    tab.say(ready);

    tab.say({ type: "stopLeftovers", body: { taskId: task.id } });
    await settle();

    const now = tasks.getTask(task.id);
    assert.equal(now?.status === "completed" && now.receipt?.requestedBy, "webview");
    const [view] = changes().tasks;
    assert.equal(view?.action, undefined);
    assert.equal(view?.receipt?.[0]?.label, "Asked for");
  });

  it("runs a task through the command", () => {
    const { editor, tab } = createOpenPanel();

    tab.say({ type: "runTask", body: {} });

    assert.deepEqual(editor.executed, [["sshTasks.runTask"]]);
  });

  it("ends when the tab is closed", async () => {
    const { start, tab, heard } = createOpenPanel();
    tab.say(ready);
    heard();

    await start();
    tab.dispose();
    await start();
    mock.timers.tick(1000);

    assert.deepEqual(heard(), []);
  });
});
