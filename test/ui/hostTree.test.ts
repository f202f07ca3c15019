import assert from "node:assert/strict";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import type { CancellationToken, TreeItem as EditorTreeItem } from "vscode";
import type { HostStatus } from "../../src/tasks/hostConnections";
import type { HostInfo } from "../../src/tasks/remoteHost";
import { TaskError } from "../../src/tasks/taskError";
import { hostViewId } from "../../src/ui/commandIds";
import { HostTree } from "../../src/ui/hostTree";
import { createHostInfo } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import type { MarkdownString, TreeItem } from "../support/vscode";
import { createUi } from "./createUi";

const failure = { code: "connectionRefused", message: "Refused. Check the port.", at: 0 } as const;

async function createTree(hosts?: readonly HostInfo[]) {
  const ui = createUi();
  const { catalog, connections, tasks } = ui;
  if (hosts) catalog.hosts = hosts;
  const hostTree = new HostTree({ catalog, hosts: connections, tasks });
  const tree = ui.editor.trees.get(hostViewId);
  assert.ok(tree);
  const { provider } = tree;
  const changes: unknown[] = [];
  provider.onDidChangeTreeData?.((change) => changes.push(change));
  const children = async (element?: string) => (await provider.getChildren(element)) as string[];
  const item = (alias: string): TreeItem => provider.getTreeItem(alias) as unknown as TreeItem;
  const tooltip = (alias: string): MarkdownString => {
    const line = item(alias);
    assert.equal(line.tooltip, undefined, "all tooltips at once would be much to send");
    const token = {} as CancellationToken;
    void provider.resolveTreeItem?.(line as unknown as EditorTreeItem, alias, token);
    assert.ok(line.tooltip);
    return line.tooltip;
  };
  /** What the editor was told to draw anew once everything has had its turn. */
  const redrawn = async (): Promise<unknown[]> => {
    mock.timers.tick(100);
    for (let turn = 0; turn < 3; turn++) await settle();
    return changes.splice(0);
  };
  await children();
  return { ...ui, hostTree, tree, item, tooltip, children, redrawn };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

describe("the Hosts view", () => {
  it("lists the hosts in the order of the configuration, none below another", async () => {
    const { children } = await createTree();

    assert.deepEqual(await children(), ["build01", "web.example.com"]);
    assert.deepEqual(await children("build01"), []);
  });

  it("has an icon and a menu for each status", async () => {
    const { connections, item } = await createTree();
    const statuses: readonly HostStatus[] = [
      { state: "notConnected" },
      { state: "notConnected", reachedAt: Date.now() },
      { state: "connecting" },
      { state: "connected", connections: 2 },
      { state: "failed", failure },
    ];
    const rows = statuses.map((status) => {
      connections.setStatus("build01", status);
      const { iconPath, contextValue, accessibilityInformation } = item("build01");
      const label = accessibilityInformation?.label.replace(/ since [^,]+/, "");
      return [iconPath?.id, iconPath?.color?.id, contextValue, label];
    });

    const label = (text: string): string => `build01, ${text}, dev@192.0.2.1`;
    assert.deepEqual(rows, [
      ["vm", undefined, "host", label("Not connected yet")],
      ["vm-outline", undefined, "host", label("Not connected")],
      ["loading~spin", "charts.blue", "host", label("Connecting")],
      ["vm-active", "testing.iconPassed", "connectedHost", label("2 connections")],
      ["warning", "problemsWarningIcon.foreground", "host", label("Connection failed")],
    ]);
  });

  it("says what runs there, where that is, and its tags", async () => {
    const web = { ...createHostInfo("web"), port: 2222, tags: ["web", "eu"] };
    const plain = { ...createHostInfo("build01"), hostName: "build01", user: userInfo().username };
    const { item, startRunning } = await createTree([web, plain]);
    await startRunning();
    (await startRunning()).remote.exit(0);
    await settle();

    assert.equal(item("web").description, "dev@192.0.2.1:2222 · #web #eu");
    assert.equal(item("build01").description, "1 running");
  });

  it("has all of it in the tooltip: why the last attempt failed, and what runs", async () => {
    const web = { ...createHostInfo("build01"), tags: ["ci"], description: "Builds." };
    const { connections, tooltip, start } = await createTree([web]);
    connections.setStatus("build01", { state: "connected", connections: 1, failure });
    for (let i = 1; i <= 7; i++) await start({ command: `make part${i}` });

    const text = tooltip("build01").value.replaceAll("\\", "");

    assert.match(text, /^\*\*build01\*\* dev@192\.0\.2\.1\n\nBuilds\.\n\n#ci\n\nConnected\n\n/);
    assert.match(text, /\n\n.*1970.*: Refused\. Check the port\.\n\nRunning:\n/);
    assert.match(text, /\n- make part1\n(- make part\d\n){4}- and 2 more$/);
  });

  it("keeps what comes from elsewhere out of the tooltip's markup", async () => {
    const host = { ...createHostInfo("build01"), description: "[a](command:x) <b>" };
    const { connections, tooltip, start } = await createTree([host]);
    const message = "It said `![x](http://y)` \u202e";
    connections.setStatus("build01", { state: "failed", failure: { ...failure, message } });
    await start({ command: "# **no**" });

    const { value, isTrusted } = tooltip("build01");

    assert.equal(isTrusted, undefined);
    assert.doesNotMatch(value, /(?<!\\)[[<`!]|(?<!\*)\*\*no|\u202e/);
  });
});

describe("the Hosts view's refresh", () => {
  it("is of a host's own line when its status or its tasks change, once for many changes", async () => {
    const { connections, startRunning, redrawn } = await createTree();
    await startRunning();
    connections.setStatus("web.example.com", { state: "connecting" });
    connections.setStatus("nowhere", { state: "connecting" });

    assert.deepEqual(await redrawn(), [["build01", "web.example.com"]]);
  });

  const changes: readonly (readonly [
    string,
    (ui: Awaited<ReturnType<typeof createTree>>) => void,
  ])[] = [
    ["asked for", ({ hostTree }) => hostTree.refresh()],
    ["a setting changes", ({ editor }) => editor.settingChanged.fire("sshTasks.tags")],
    ["the window gets the focus", ({ editor }) => editor.windowFocused.fire(true)],
    ["the view is opened", ({ tree }) => tree.setVisible(true)],
    [
      "a program changes the folder of the ssh config",
      ({ editor }) => {
        const [watcher] = [...editor.watchers];
        assert.equal(watcher?.pattern, `file://${join(homedir(), ".ssh")}/*`);
        watcher.touch();
      },
    ],
    [
      "a file below that folder is saved",
      ({ editor }) => editor.saved.fire(join(homedir(), ".ssh/config.d/work")),
    ],
  ];
  for (const [when, happen] of changes) {
    it(`reads the hosts anew when ${when}, and draws them where they are other ones`, async () => {
      const ui = await createTree();

      happen(ui);
      assert.deepEqual(await ui.redrawn(), []);
      ui.catalog.hosts = [...ui.catalog.hosts, createHostInfo("new")];
      assert.deepEqual(await ui.redrawn(), []);
      happen(ui);

      assert.deepEqual(await ui.redrawn(), [undefined]);
      assert.deepEqual(await ui.children(), ["build01", "web.example.com", "new"]);
    });
  }

  it("does not read them for what is none of that, or when nobody looks", async () => {
    const ui = await createTree();
    ui.catalog.hosts = [];

    ui.editor.settingChanged.fire("editor.fontSize");
    ui.editor.windowFocused.fire(false);
    ui.editor.saved.fire(join(homedir(), ".sshother/config"));
    assert.deepEqual(await ui.redrawn(), []);
    ui.tree.setVisible(false);
    ui.hostTree.refresh();
    assert.deepEqual(await ui.redrawn(), []);

    ui.tree.setVisible(true);
    assert.deepEqual(await ui.redrawn(), [undefined]);
  });

  it("watches the folder of another ssh config once that is set", async () => {
    const { editor } = await createTree();

    editor.settings.set("sshTasks.sshConfigFile", "/work/ssh/config");
    editor.settingChanged.fire("sshTasks.sshConfigFile");

    assert.deepEqual(
      [...editor.watchers].map(({ pattern }) => pattern),
      ["file:///work/ssh/*"],
    );
  });

  it("says in the view why the configuration can't be read, and takes that back", async () => {
    const ui = await createTree();
    assert.equal(ui.tree.message, undefined);
    ui.catalog.failure = new TaskError("configUnreadable", "It can't be read. Correct the file.");
    ui.hostTree.refresh();
    await ui.redrawn();
    assert.deepEqual(
      [await ui.children(), ui.tree.message],
      [[], "It can't be read. Correct the file."],
    );

    ui.catalog.failure = undefined;
    ui.hostTree.refresh();
    await ui.redrawn();

    assert.equal(ui.tree.message, undefined);
    assert.equal((await ui.children()).length, 2);
  });

  it("ends with the view", async () => {
    const ui = await createTree();
    ui.hostTree.refresh();
    ui.hostTree.dispose();
    let reads = 0;
    ui.catalog.listHosts = () => {
      reads++;
      return Promise.resolve([]);
    };

    ui.connections.setStatus("build01", { state: "connecting" });
    ui.editor.windowFocused.fire(true);

    assert.deepEqual(await ui.redrawn(), []);
    assert.equal(reads, 0);
    assert.equal(ui.tree.disposed, true);
    assert.equal(ui.editor.watchers.size, 0);
  });
});
