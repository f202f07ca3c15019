import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { tellOfEnds } from "../../src/ui/endNotices";
import { showRunningInStatusBar } from "../../src/ui/statusBar";
import { settle } from "../support/fakeClock";
import { hang, reports } from "../support/fakeRemoteHost";
import { createUi } from "./createUi";

const closing: { dispose(): void }[] = [];
afterEach(() => closing.splice(0).forEach((one) => one.dispose()));

function createNotices(afterSeconds = 30) {
  const ui = createUi({ maxRunningPerHost: 10, maxRunning: 10 });
  const shown: (string | undefined)[] = [];
  const panel = { show: (id?: string) => void shown.push(id) };
  closing.push(tellOfEnds({ ...ui, panel, afterSeconds: () => afterSeconds }));
  const texts = async (): Promise<string[]> => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    return ui.editor.messages.map(({ kind, text }) => `${kind}: ${text}`);
  };
  return { ...ui, shown, texts };
}

describe("a notification of an end", () => {
  it("is of what took long, and leads to its output", async () => {
    const { startRunning, clock, editor, shown, texts } = createNotices();
    const long = await startRunning({ command: "make test" });
    await clock.advance(31_000);
    const short = await startRunning();
    const failing = await startRunning({ command: "make" });
    await clock.advance(29_000);
    editor.press = ({ buttons }) => buttons[0];
    long.remote.exit(0);
    short.remote.exit(0);
    await clock.advance(2000);
    failing.remote.exit(2);
    await settle();

    assert.deepEqual(await texts(), [
      "information: make test on build01: Completed after 1m.",
      "warning: make on build01: Failed (2) after 31s.",
    ]);
    assert.deepEqual(shown, [long.task.id, failing.task.id]);
  });

  it("is of no cancel that the person has asked for, but of an agent's", async () => {
    const { startRunning, tasks, clock, texts } = createNotices();
    const own = await startRunning({ command: "own" });
    const agents = await startRunning({ command: "agent's" });
    await clock.advance(40_000);
    await tasks.cancelTask(own.task.id, { requestedBy: "terminal", reason: "" });
    await tasks.cancelTask(agents.task.id, { requestedBy: "agent:Copilot", reason: "" });

    assert.deepEqual(await texts(), ["information: agent's on build01: Cancelled after 40s."]);
  });

  it("says of a cancel that can't be verified that it may still run, and tries again", async () => {
    const { startRunning, tasks, clock, editor, texts } = createNotices();
    const { task, remote } = await startRunning({ command: "stubborn" });
    remote.onCancel = () => Promise.resolve(reports.unverified("The host gave no answer."));
    void tasks.cancelTask(task.id, { requestedBy: "agent:Copilot", reason: "" });
    editor.press = ({ buttons }) => {
      remote.onCancel = hang;
      return buttons[0];
    };
    await clock.advance(60_000);

    const [text = ""] = await texts();
    assert.match(text, /^warning: stubborn on build01: .*may still run/);
    assert.deepEqual(editor.messages[0]?.buttons, ["Retry Cancel", "Show Output"]);
    assert.equal(tasks.getTask(task.id)?.status, "cancelling");
  });

  it("is one of many that end together", async () => {
    const { startRunning, clock, texts } = createNotices();
    const all = [];
    for (let i = 0; i < 5; i++) all.push(await startRunning());
    await clock.advance(40_000);
    for (const { remote } of all) remote.exit(0);
    await settle();

    assert.deepEqual(await texts(), ["information: 5 SSH tasks have ended."]);
  });

  it("is none where the person wants none", async () => {
    const { startRunning, clock, texts } = createNotices(0);
    const { remote } = await startRunning();
    await clock.advance(40_000);
    remote.exit(1);
    await settle();

    assert.deepEqual(await texts(), []);
  });
});

describe("the status bar", () => {
  it("counts what runs, says where, and leads to the Tasks view", async () => {
    const ui = createUi();
    closing.push(showRunningInStatusBar(ui.tasks));
    const { statusBar } = ui.editor;
    assert.equal(statusBar?.visible, false);

    const first = await ui.startRunning();
    await ui.startRunning({ alias: "web.example.com" });
    assert.equal(statusBar.visible, true);
    assert.equal(statusBar.text, "$(loading~spin) 2 SSH");
    assert.equal(statusBar.tooltip, "2 SSH tasks running on build01, web.example.com");
    assert.equal(statusBar.command, "sshTasks.tasks.focus");

    first.remote.exit(0);
    await settle();
    assert.equal(statusBar.tooltip, "1 SSH task running on web.example.com");
  });
});
