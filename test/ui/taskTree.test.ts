import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import type { CancellationToken, TreeItem as EditorTreeItem } from "vscode";
import { TaskError } from "../../src/tasks/taskError";
import type { Limits } from "../../src/tasks/limits";
import type { TaskStatus } from "../../src/tasks/task";
import { TaskTree } from "../../src/ui/taskTree";
import { FakeMemory } from "../support/fakeMemory";
import { settle } from "../support/fakeClock";
import { reports } from "../support/fakeRemoteHost";
import type { MarkdownString, TreeItem } from "../support/vscode";
import { createUi } from "./createUi";

function createTree(limits: Partial<Limits> = {}) {
  const ui = createUi(limits);
  const memory = new FakeMemory();
  const registration = new TaskTree({ tasks: ui.tasks, memory });
  const { tree } = ui.editor;
  assert.ok(tree);
  const { provider } = tree;
  const changes: unknown[] = [];
  provider.onDidChangeTreeData?.((change) => changes.push(change));
  const groups = (): string[] => provider.getChildren() as string[];
  const below = (group: string): string[] => provider.getChildren(group) as string[];
  const ids = (): string[] => groups().flatMap(below);
  const item = (id: string): TreeItem => provider.getTreeItem(id) as unknown as TreeItem;
  const tooltip = (id: string): MarkdownString => {
    const line = item(id);
    assert.equal(line.tooltip, undefined);
    void provider.resolveTreeItem?.(line as unknown as EditorTreeItem, id, {} as CancellationToken);
    assert.ok(line.tooltip);
    return line.tooltip;
  };
  const items = (): TreeItem[] => ids().map(item);
  const view = { registration, memory, tree, provider, changes };
  return { ...ui, ...view, groups, below, ids, item, items, tooltip };
}

describe("the tree", () => {
  // The tree reads the editor's clock, the tasks their own: both stand still at the same time.
  beforeEach(() =>
    mock.timers.enable({ apis: ["Date", "setInterval"], now: Date.UTC(2026, 0, 1) }),
  );
  afterEach(() => mock.timers.reset());

  it("lists the tasks of a group newest first, none below another", async () => {
    const { start, items, ids, provider } = createTree();
    await start({ command: "first" });
    await start({ command: "second" });

    assert.deepEqual(
      items().map(({ label }) => label),
      ["second", "first"],
    );
    assert.deepEqual(provider.getChildren(ids()[0]), []);
  });

  it("has what runs apart from what has ended, and no group without a task", async () => {
    const { startRunning, groups, below, item } = createTree();
    assert.deepEqual(groups(), []);
    const first = await startRunning();
    const second = await startRunning();
    assert.deepEqual(groups(), ["running"]);
    first.remote.exit(1);
    await settle();

    assert.deepEqual(
      groups().map((id) => [item(id).label, item(id).description, below(id)]),
      [
        ["Running", "1", [second.task.id]],
        ["Finished", "1", [first.task.id]],
      ],
    );
    assert.equal(item("running").contextValue, undefined);
    assert.equal(item("running").accessibilityInformation?.label, "Running, 1 task");
  });

  it("is grouped by host when the person wants that, also in the next window", async () => {
    const { startRunning, groups, below, item, registration, memory, tasks } = createTree();
    await startRunning({ alias: "web.example.com" });
    const { task, remote } = await startRunning();
    remote.exit(0);
    await settle();

    registration.groupBy("host");

    assert.deepEqual(
      groups().map((id) => item(id).label),
      ["build01", "web.example.com"],
    );
    assert.deepEqual(below("host:build01"), [task.id]);
    assert.equal(item(task.id).description, "0ms");
    assert.equal(new TaskTree({ tasks, memory }).grouping, "host");
  });

  it("draws the newest of many tasks, and more when the person asks for them", async () => {
    const { start, tasks, below, item, changes, registration } = createTree({ maxWaiting: 1000 });
    for (let i = 0; i < 450; i++) await start();
    const newest = tasks.listTasks().at(-1)?.id;

    const first = below("running");
    assert.deepEqual([first.length, first[0], first.at(-1)], [201, newest, "more:running"]);
    const more = item("more:running");
    assert.equal(more.label, "Show More (250)");
    assert.deepEqual(more.command?.arguments, ["running"]);
    changes.length = 0;
    registration.showMore("running");
    registration.showMore("running");

    assert.deepEqual(changes, ["running", "running"]);
    assert.equal(below("running").length, 450);
  });

  it("ends a running line with the last line of its output, and draws it anew now and then", async () => {
    const { startRunning, item, items, changes } = createTree();
    const { task, remote } = await startRunning();
    remote.write("stdout", "compiling\n\x1b[32m50%\x1b[0m\r\x1b[1m75% \u202edone\x07\x1b[0m\n");
    await settle();
    items();
    assert.equal(item(task.id).description, "build01 · 0s · 75% \ufffddone");
    mock.timers.tick(700_000); // the elapsed time is drawn in steps of a minute
    items();
    changes.length = 0;

    remote.write("stdout", "linking\n");
    mock.timers.tick(4000);
    assert.deepEqual(changes, []);
    mock.timers.tick(1000);
    assert.deepEqual(changes, [[task.id]]);
    assert.match(String(item(task.id).description), / · linking$/);
    remote.exit(0);
    await settle();
    assert.doesNotMatch(String(item(task.id).description), /linking/);
  });

  it("shows host and elapsed time beside the start of the command's first line", async () => {
    const { startRunning, item } = createTree();
    const { task } = await startRunning({
      command: "for i in 1 2 3\ndo something very long; done",
    });
    const { task: long } = await startRunning({
      command: "x".repeat(100),
      alias: "web.example.com",
    });
    mock.timers.tick(65_000);

    assert.equal(item(task.id).label, "for i in 1 2 3 …");
    assert.equal(item(task.id).description, "build01 · 1m 5s");
    assert.equal(item(long.id).label, `${"x".repeat(23)}…`);
    assert.equal(
      item(long.id).accessibilityInformation?.label,
      `${"x".repeat(100)}, Running on web.example.com`,
    );
  });

  it("shows the output of the line that is clicked", async () => {
    const { start, item } = createTree();
    const { id } = await start();

    const command = item(id).command;

    assert.deepEqual(
      [command?.command, command?.arguments],
      ["sshTasks.showTaskOutput", [id, true]],
    );
  });

  it("has an icon, a menu and a remark for each state", async () => {
    const { start, startRunning, clock, tasks, item } = createTree();
    const rows: Partial<Record<TaskStatus, string>> = {};
    const look = (id: string): void => {
      const { iconPath, contextValue, description } = item(id);
      const status = tasks.getTask(id)?.status;
      if (status)
        rows[status] = [iconPath?.id, iconPath?.color?.id, contextValue, description].join(", ");
    };
    const pending = await start();
    look(pending.id);
    await tasks.cancelTask(pending.id, { requestedBy: "tree", reason: "" });
    look(pending.id);
    const running = await startRunning();
    look(running.task.id);
    running.remote.onCancel = () => Promise.resolve(reports.left(clock.now()));
    await tasks.cancelTask(running.task.id, { requestedBy: "tree", reason: "" });
    look(running.task.id);
    await clock.advance(50_000);
    look(running.task.id);
    for (const exitCode of [0, 2]) {
      const { task, remote } = await startRunning();
      remote.exit(exitCode);
      await settle();
      look(task.id);
    }

    assert.deepEqual(rows, {
      pending: "clock, testing.iconQueued, cancellable, build01 · 0s · pending",
      running: "loading~spin, charts.blue, cancellable, build01 · 0s",
      cancelling:
        "loading~spin, problemsWarningIcon.foreground, cancelling, build01 · 0s · cancelling",
      lost: "warning, problemsWarningIcon.foreground, lost, build01 · 48s · may still run",
      completed: "pass, testing.iconPassed, ended, build01 · 0ms",
      failed: "error, testing.iconFailed, ended, build01 · 0ms · exit 2",
      cancelled: "circle-slash, testing.iconSkipped, ended, build01 · 0ms",
    } satisfies Record<TaskStatus, string>);
  });

  it("says how much an ended task has left running, and offers to end that", async () => {
    const { startRunning, item, tasks, tooltip } = createTree();
    const { task, remote } = await startRunning();
    remote.exit(2, undefined, 2);
    await settle();

    assert.equal(item(task.id).description, "build01 · 0ms · exit 2 · 2 left running");
    assert.equal(item(task.id).contextValue, "endedWithLeftovers");
    assert.match(tooltip(task.id).value, /It left 2 processes running on build01/);

    await tasks.stopLeftovers(task.id, { requestedBy: "tree", reason: "" });

    assert.equal(item(task.id).description, "build01 · 0ms · exit 2");
    assert.equal(item(task.id).contextValue, "ended");
  });

  it("keeps what comes from elsewhere out of the tooltip's markup", async () => {
    const { start, tooltip, hosts } = createTree();
    const task = await start({
      startedBy: "agent:[me](command:evil)",
      command: "echo '[x](y)' \u202e",
    });
    hosts.of(task.id).failToStart(new TaskError("connectionRefused", "**Bold** <b>no</b> [a](b)"));
    await settle();

    const { value, isTrusted } = tooltip(task.id);

    assert.equal(isTrusted, undefined);
    assert.match(value, /```shellscript\necho '\[x\]\(y\)' \ufffd\n```/);
    assert.ok(value.includes("\\[me\\]\\(command\\:evil\\)"));
    assert.ok(value.includes("\\*\\*Bold\\*\\* \\<b\\>no\\<\\/b\\> \\[a\\]\\(b\\)"));
  });

  it("shows the receipt of a cancel in the tooltip", async () => {
    const { startRunning, tasks, tooltip } = createTree();
    const { task } = await startRunning();
    await tasks.cancelTask(task.id, { requestedBy: "agent:Copilot", reason: "" });

    const text = tooltip(task.id).value.replaceAll("\\", "");

    assert.match(text, /\*\*Cancelled\*\* on build01/);
    assert.match(text, /Verified: 3 processes gone from build01 after TERM/);
    assert.match(
      text,
      /\n- Asked for: by Copilot at .+\n- Found: 3 processes\n- Signals: TERM to 3/,
    );
    assert.match(text, /\n- Verified: nothing left at /);
  });

  it("escapes what a host says of its processes in the tooltip", async () => {
    const { startRunning, tasks, tooltip } = createTree();
    const { task, remote } = await startRunning();
    const left = [{ pid: 1, user: "<b>", command: "[a](command:x)\n# b" }];
    remote.onCancel = () => Promise.resolve({ ...reports.left(0), left });
    await tasks.cancelTask(task.id, { requestedBy: "tree", reason: "**why**" });

    const { value } = tooltip(task.id);

    assert.ok(value.includes("- Left: 1 \\<b\\> \\[a\\]\\(command\\:x\\) \\# b"));
    assert.ok(value.includes("\\*\\*why\\*\\*"));
  });

  it("counts what runs in its badge, and has none when nothing does", async () => {
    const { startRunning, tree } = createTree();
    assert.equal(tree.badge, undefined);
    const first = await startRunning();
    assert.deepEqual(tree.badge, { value: 1, tooltip: "1 SSH task running" });
    const second = await startRunning();
    assert.deepEqual(tree.badge, { value: 2, tooltip: "2 SSH tasks running" });

    first.remote.exit(0);
    second.remote.exit(0);
    await settle();

    assert.equal(tree.badge, undefined);
  });
});

describe("the tree's refresh", () => {
  beforeEach(() =>
    mock.timers.enable({ apis: ["Date", "setInterval"], now: Date.UTC(2026, 0, 1) }),
  );
  afterEach(() => mock.timers.reset());

  it("is of all for a new or a removed task, and of its own line for a changed one", async () => {
    const { start, hosts, tasks, items, changes } = createTree();
    const { id } = await start();
    assert.deepEqual(changes.splice(0), [undefined]);
    items();

    hosts.of(id).run();
    await settle();
    hosts.of(id).exit(0);
    await settle();
    tasks.clearFinished();

    // Its end moves it to another group.
    assert.deepEqual(changes, [id, undefined, undefined]);
  });

  it("is of the running lines only, each second at first and then in longer steps", async () => {
    const { startRunning, items, changes } = createTree();
    (await startRunning()).remote.exit(0);
    await settle();
    const { task } = await startRunning();
    items();
    changes.length = 0;
    // The editor asks for the lines it was told of.
    const seconds = (count: number): unknown[] => {
      for (let i = 0; i < count; i++) {
        mock.timers.tick(1000);
        if (changes.length > 0) items();
      }
      return changes.splice(0);
    };

    assert.deepEqual(seconds(3), [[task.id], [task.id], [task.id]]);
    assert.equal(seconds(7).length, 7);
    assert.equal(seconds(50).length, 10);
  });

  it("stops when nothing runs and when nobody looks", async () => {
    const { startRunning, tree, items, changes } = createTree();
    const { remote } = await startRunning();
    items();
    changes.length = 0;

    tree.setVisible(false);
    mock.timers.tick(5000);
    assert.deepEqual(changes, []);
    tree.setVisible(true);
    assert.equal(changes.length, 1);
    remote.exit(0);
    await settle();
    changes.length = 0;
    mock.timers.tick(60_000);
    assert.deepEqual(changes, []);
  });

  it("ends with the tree", async () => {
    const { startRunning, registration, tree, changes } = createTree();
    const { remote } = await startRunning();
    changes.length = 0;

    registration.dispose();
    remote.exit(0);
    await settle();
    mock.timers.tick(5000);

    assert.deepEqual(changes, []);
    assert.equal(tree.disposed, true);
  });
});
