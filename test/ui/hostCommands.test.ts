import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { QuickPickItem } from "vscode";
import { disconnectHost } from "../../src/ui/disconnectHost";
import { createHostHandlers } from "../../src/ui/hostCommands";
import { createUi } from "./createUi";

function createCommands() {
  const ui = createUi();
  const shown: unknown[] = [];
  let refreshed = 0;
  const { tasks, catalog, notify, connections: hosts } = ui;
  const run = createHostHandlers({
    ...{ tasks, catalog, notify, hosts },
    panel: { show: (id) => void shown.push(id) },
    hostTree: { refresh: () => refreshed++ },
  });
  const running = () => tasks.listTasks().map(({ status }) => status);
  return { ...ui, hosts, run, shown, running, refreshed: () => refreshed };
}

describe("Run SSH Task… on a host", () => {
  it("asks for the command alone, and shows the task", async () => {
    const { tasks, editor, shown, run } = createCommands();
    let title: string | undefined;
    editor.input = (options) => {
      title = options.title;
      return "uptime";
    };
    editor.pick = () => assert.fail("no host is asked for");

    await run["sshTasks.runTaskOnHost"]("web.example.com");

    const [task] = tasks.listTasks();
    assert.equal(title, "Run SSH Task");
    assert.deepEqual(
      [task?.alias, task?.command, task?.startedBy, shown],
      ["web.example.com", "uptime", "tree", [task?.id]],
    );
  });
});

describe("Test SSH Connection", () => {
  it("is of the host of the line, or of one that is asked for", async () => {
    const { editor, hosts, run } = createCommands();
    const tested: string[] = [];
    hosts.onTest = (alias) => {
      tested.push(alias);
      return Promise.resolve({ alias, passed: [], ms: 1 });
    };
    editor.pick = (items) => items[1];

    await run["sshTasks.testConnection"]("build01");
    await run["sshTasks.testConnection"]();
    editor.pick = () => undefined;
    await run["sshTasks.testConnection"]();

    assert.deepEqual(tested, ["build01", "web.example.com"]);
  });
});

describe("Copy SSH Command", () => {
  it("copies what to type into a terminal", async () => {
    const { editor, run } = createCommands();

    await run["sshTasks.copySshCommand"]("build01");
    assert.equal(editor.clipboard, "ssh build01");
  });
});

describe("Disconnect SSH Host", () => {
  it("closes what nothing uses without a question", async () => {
    const { editor, hosts, startRunning, run } = createCommands();
    (await startRunning()).remote.exit(0);
    await startRunning({ alias: "web.example.com" });

    await run["sshTasks.disconnectHost"]("build01");

    assert.deepEqual([hosts.disconnected, editor.messages], [["build01"], []]);
  });

  it("asks before it cancels what would end with its connection", async () => {
    const { editor, hosts, startRunning, running, run } = createCommands();
    await startRunning();
    await startRunning({ durable: true });

    await run["sshTasks.disconnectHost"]("build01");
    assert.deepEqual([hosts.disconnected, running()], [[], ["running", "running"]]);
    assert.deepEqual(editor.messages, [
      {
        kind: "warning",
        text: "Disconnect build01?",
        buttons: ["Cancel and Disconnect"],
        dialog: {
          detail:
            "1 task ends with its connection, so it is cancelled first. build01 stays connected while 1 task runs there.",
          closedBy: undefined,
        },
      },
    ]);

    editor.press = ({ buttons }) => buttons[0];
    await run["sshTasks.disconnectHost"]("build01");
    assert.deepEqual([hosts.disconnected, running()], [["build01"], ["cancelled", "running"]]);
  });

  it("says so of what runs on by itself, which keeps its connection", async () => {
    const { editor, hosts, startRunning, running, run } = createCommands();
    await startRunning({ durable: true });
    await startRunning({ durable: true });

    await run["sshTasks.disconnectHost"]("build01");

    assert.deepEqual([hosts.disconnected, running()], [["build01"], ["running", "running"]]);
    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ["build01 stays connected while 2 tasks run there."],
    );
  });

  it("lets tasks of other windows be, which have connections of their own", async () => {
    const { hosts, tasks, notify, startRunning, running } = createCommands();
    await startRunning();
    const cancelTask = () => assert.fail("it is not ours");
    const listTasks = () => tasks.listTasks();
    const theirs = { cancelTask, listTasks, isElsewhere: () => true };

    await disconnectHost({ hosts, notify, tasks: theirs }, "build01", "tree");

    assert.deepEqual([hosts.disconnected, running()], [["build01"], ["running"]]);
  });

  it("asks which of those that are connected, and says so when none is", async () => {
    const { editor, hosts, run } = createCommands();
    await run["sshTasks.disconnectHost"]();
    assert.equal(editor.messages[0]?.text, "No SSH host is connected.");
    hosts.setStatus("web.example.com", { state: "connected", connections: 1 });
    let offered: readonly QuickPickItem[] = [];
    editor.pick = (items) => (offered = items)[0];

    await run["sshTasks.disconnectHost"]();

    assert.equal(offered.length, 1);
    assert.deepEqual(hosts.disconnected, ["web.example.com"]);
  });
});

describe("the other commands about hosts", () => {
  it("Refresh SSH Hosts refreshes the view", () => {
    const { refreshed, run } = createCommands();

    run["sshTasks.refreshHosts"]();

    assert.equal(refreshed(), 1);
  });

  it("Open SSH Configuration opens the file, or a new one that is made when it is saved", async (t) => {
    const { editor, run } = createCommands();
    const folder = await mkdtemp(join(tmpdir(), "config-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "config");
    editor.settings.set("sshTasks.sshConfigFile", path);

    await run["sshTasks.openSshConfig"]();
    await writeFile(path, "");
    await run["sshTasks.openSshConfig"]();

    assert.deepEqual(editor.opened, [`untitled://${path}`, `file://${path}`]);
  });
});
