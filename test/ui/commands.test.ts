import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { QuickPickItem } from "vscode";
import { TaskError } from "../../src/tasks/taskError";
import { commandIds } from "../../src/ui/commandIds";
import { registerCommands } from "../../src/ui/commands";
import { settle } from "../support/fakeClock";
import { reports, whenForced } from "../support/fakeRemoteHost";
import { noGrants, noHostTree } from "../support/gates";
import { createUi } from "./createUi";

function createCommands() {
  const ui = createUi();
  const shown: unknown[][] = [];
  const panel = { show: (...call: unknown[]) => void shown.push(call) };
  const { tasks, catalog, notify, editor, connections: hosts } = ui;
  const parts = { tasks, catalog, notify, panel, hosts, ...noHostTree, ...noGrants };
  const registration = registerCommands(parts);
  const run = async (id: string, ...args: unknown[]): Promise<void> => {
    await editor.registered.get(id)?.(...args);
  };
  return { ...ui, shown, registration, run };
}

describe("the commands", () => {
  it("are registered, all of them, and gone after disposal", () => {
    const { editor, registration } = createCommands();

    assert.deepEqual([...editor.registered.keys()].sort(), [...commandIds].sort());

    registration.dispose();
    assert.equal(editor.registered.size, 0);
  });

  it("show a failure instead of throwing it", async () => {
    const { catalog, editor, run } = createCommands();
    catalog.failure = new TaskError("configUnreadable", "Can't read it. Check the path.");

    await run("sshTasks.runTask");

    assert.deepEqual(editor.messages, [
      { kind: "error", text: "Can't read it. Check the path.", buttons: ["Open Settings"] },
    ]);
  });
});

describe("Cancel SSH Task", () => {
  it("cancels the task of the tree's line at once, as the tree", async () => {
    const { startRunning, tasks, editor, run } = createCommands();
    const { task } = await startRunning();

    await run("sshTasks.cancelTask", task.id);

    const now = tasks.getTask(task.id);
    assert.equal(now?.status, "cancelled");
    assert.equal(now.receipt.requestedBy, "tree");
    assert.equal(now.receipt.reason, "requested by the user");
    assert.deepEqual(editor.messages, []);
  });

  it("asks which of the live tasks, newest first, with host, command and elapsed time", async () => {
    const { start, startRunning, tasks, clock, editor, run } = createCommands();
    (await startRunning({ command: "ended" })).remote.exit(0);
    await clock.advance(1000);
    await startRunning({ command: "make test" });
    await start({ command: "sleep 9", alias: "web.example.com" });
    let offered: readonly QuickPickItem[] = [];
    editor.pick = (items) => (offered = items)[1];

    await run("sshTasks.cancelTask");

    const [first, second, ...rest] = offered;
    assert.deepEqual(rest, []);
    assert.deepEqual([first?.label, first?.description], ["sleep 9", "web.example.com"]);
    assert.match(first?.detail ?? "", /^Pending · \d+/);
    assert.deepEqual([second?.label, second?.description], ["make test", "build01"]);
    assert.match(second?.detail ?? "", /^Running · \d+/);
    const statuses = tasks.listTasks().map((task) => task.status);
    assert.deepEqual(statuses, ["completed", "cancelled", "pending"]);
    const cancelled = tasks.listTasks()[1];
    assert.equal(cancelled && "receipt" in cancelled && cancelled.receipt?.requestedBy, "palette");
  });

  it("cancels nothing when the person picks nothing", async () => {
    const { startRunning, tasks, run } = createCommands();
    const { task } = await startRunning();

    await run("sshTasks.cancelTask");

    assert.equal(tasks.getTask(task.id)?.status, "running");
  });

  it("says so when nothing is running", async () => {
    const { editor, run } = createCommands();

    await run("sshTasks.cancelTask");

    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ["No SSH task is running."],
    );
  });

  it("warns of what is not verified, without the word cancelled, and tries again on request", async () => {
    const { startRunning, tasks, clock, editor, run } = createCommands();
    const { task, remote } = await startRunning();
    remote.onCancel = () => Promise.resolve(reports.left(clock.now()));
    editor.press = () => {
      remote.onCancel = () => Promise.resolve(remote.endTree());
      return "Retry Cancel";
    };

    await run("sshTasks.cancelTask", task.id);

    assert.deepEqual(editor.messages, [
      {
        kind: "warning",
        text: "Not verified: 1 process may still run on build01: 4712 (root).",
        buttons: ["Retry Cancel"],
      },
    ]);
    assert.equal(remote.climbs.length, 2);
    assert.equal(tasks.getTask(task.id)?.status, "cancelled");
  });

  it("says that it came too late", async () => {
    const { startRunning, editor, run, clock } = createCommands();
    const { task, remote } = await startRunning();
    remote.exit(0);
    await clock.advance(0);

    await run("sshTasks.cancelTask", task.id);

    assert.deepEqual(editor.messages, [
      { kind: "information", text: "This SSH task had already ended.", buttons: [] },
    ]);
  });

  it("cancels every selected line that runs, and the one that was clicked", async () => {
    const { startRunning, tasks, run } = createCommands();
    const all = [await startRunning(), await startRunning(), await startRunning()];
    const [first, second, third] = all.map(({ task }) => task.id);
    all[2]?.remote.exit(0);
    await settle();

    await run("sshTasks.cancelTask", first, [first, second, third, 7]);

    assert.deepEqual(
      tasks.listTasks().map(({ status }) => status),
      ["cancelled", "cancelled", "completed"],
    );
  });
});

describe("Run SSH Task…", () => {
  it("asks for host and command, starts it as the palette and opens the panel on it", async () => {
    const { tasks, editor, shown, run } = createCommands();
    editor.pick = (items) => items.find(({ label }) => label === "web.example.com");
    editor.input = () => "uptime";

    await run("sshTasks.runTask");

    const [task] = tasks.listTasks();
    assert.deepEqual(
      [task?.alias, task?.command, task?.startedBy],
      ["web.example.com", "uptime", "palette"],
    );
    assert.deepEqual(shown, [[task?.id]]);
  });

  it("shows how each host is reached, and its description and tags", async () => {
    const { catalog, editor, run } = createCommands();
    const host = {
      hostName: "10.0.0.5",
      user: "dev",
      tags: ["web", "eu"],
      description: "Frontend",
    };
    catalog.hosts = [{ alias: "web", port: 2222, ...host }];
    let offered: readonly QuickPickItem[] = [];
    editor.pick = (items) => void (offered = items);

    await run("sshTasks.runTask");

    assert.deepEqual(offered, [
      { label: "web", description: "dev@10.0.0.5:2222", detail: "Frontend #web #eu" },
    ]);
  });

  it("checks the command while it is typed", async () => {
    const { editor, run } = createCommands();
    editor.pick = ([first]) => first;
    const answers: unknown[] = [];
    editor.input = (options) => {
      for (const text of ["  ", "a\0", "x".repeat(10_001), "ls"])
        answers.push(options.validateInput?.(text));
      return undefined;
    };

    await run("sshTasks.runTask");

    assert.deepEqual(answers, [
      "Command is required",
      "Command contains invalid characters (null bytes not allowed)",
      "Command too long (max 10000 characters)",
      undefined,
    ]);
  });

  for (const [what, pick, input] of [
    ["host", false, "ls"],
    ["command", true, undefined],
  ] as const) {
    it(`starts nothing when no ${what} is given`, async () => {
      const { tasks, editor, shown, run } = createCommands();
      editor.pick = ([first]) => (pick ? first : undefined);
      editor.input = () => input;

      await run("sshTasks.runTask");

      assert.deepEqual([tasks.listTasks(), shown, editor.messages], [[], [], []]);
    });
  }

  it("says what to do when there are no hosts", async () => {
    const { catalog, editor, run } = createCommands();
    catalog.hosts = [];
    editor.press = () => "Open Settings";

    await run("sshTasks.runTask");

    assert.match(editor.messages[0]?.text ?? "", /^No SSH hosts found\. Add a Host entry/);
    assert.deepEqual(editor.executed, [["workbench.action.openSettings", "sshTasks."]]);
  });
});

describe("Show SSH Task Output", () => {
  it("shows the line that was clicked and leaves the focus in the tree", async () => {
    const { shown, run } = createCommands();

    await run("sshTasks.showTaskOutput", "an-id", true);
    // A menu's command gets the selected lines as its second argument.
    await run("sshTasks.showTaskOutput", "an-id", ["an-id"]);

    assert.deepEqual(shown, [
      ["an-id", { preserveFocus: true }],
      ["an-id", { preserveFocus: false }],
    ]);
  });

  it("asks which of all tasks", async () => {
    const { startRunning, editor, shown, clock, run } = createCommands();
    const { task, remote } = await startRunning();
    remote.exit(2);
    await clock.advance(0);
    editor.pick = ([first]) => first;

    await run("sshTasks.showTaskOutput");

    assert.deepEqual(shown, [[task.id, { preserveFocus: false }]]);
  });

  it("says so when there is none", async () => {
    const { editor, shown, run } = createCommands();

    await run("sshTasks.showTaskOutput");

    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ["There is no SSH task yet."],
    );
    assert.deepEqual(shown, []);
  });
});

describe("the other commands", () => {
  it("Clear Finished SSH Tasks forgets the ended tasks only", async () => {
    const { startRunning, tasks, clock, run } = createCommands();
    const { remote } = await startRunning();
    const { task } = await startRunning();
    remote.exit(0);
    await clock.advance(0);

    await run("sshTasks.clearFinishedTasks");

    assert.deepEqual(
      tasks.listTasks().map(({ id }) => id),
      [task.id],
    );
  });

  it("Open SSH Tasks shows the panel", async () => {
    const { shown, run } = createCommands();

    await run("sshTasks.openPanel");

    assert.deepEqual(shown, [[]]);
  });
});

describe("Force Kill SSH Task", () => {
  it("asks only for tasks that are being cancelled, and ends their grace", async () => {
    const { startRunning, tasks, editor, run } = createCommands();
    await startRunning({ command: "runs on" });
    const { task, remote } = await startRunning({ command: "ignores TERM" });
    remote.onCancel = (climb) => whenForced(climb, () => remote.endTree(["TERM", "KILL"]));
    const cancel = run("sshTasks.cancelTask", task.id);
    let offered: readonly QuickPickItem[] = [];
    editor.pick = (items) => (offered = items)[0];

    await run("sshTasks.forceKillTask");
    await cancel;

    assert.deepEqual(
      offered.map(({ label }) => label),
      ["ignores TERM"],
    );
    assert.equal(tasks.getTask(task.id)?.status, "cancelled");
    assert.deepEqual(editor.messages, []);
  });
});

describe("Retry Cancel SSH Task", () => {
  it("asks only for lost tasks and cancels them anew", async () => {
    const { startRunning, tasks, clock, editor, run } = createCommands();
    await startRunning({ command: "runs on" });
    const { task, remote } = await startRunning({ command: "lost" });
    remote.onCancel = () => Promise.resolve(reports.unverified("No route to host."));
    await run("sshTasks.cancelTask", task.id);
    await clock.advance(60_000);
    assert.equal(tasks.getTask(task.id)?.status, "lost");
    remote.onCancel = () => Promise.resolve(remote.endTree());
    let offered: readonly QuickPickItem[] = [];
    editor.pick = (items) => (offered = items)[0];

    await run("sshTasks.retryCancelTask");

    assert.equal(offered.length, 1);
    assert.equal(tasks.getTask(task.id)?.status, "cancelled");
  });
});

describe("Stop Leftovers of SSH Task", () => {
  it("asks only for tasks that left something, and ends it", async () => {
    const { startRunning, tasks, editor, run } = createCommands();
    (await startRunning({ command: "clean" })).remote.exit(0, undefined, 0);
    const { task, remote } = await startRunning({ command: "leaves" });
    remote.exit(0, undefined, 2);
    await settle();
    let offered: readonly QuickPickItem[] = [];
    editor.pick = (items) => (offered = items)[0];

    await run("sshTasks.stopLeftovers");

    assert.equal(offered.length, 1);
    const now = tasks.getTask(task.id);
    assert.equal(now?.status === "completed" && now.leftRunning, 0);
    assert.deepEqual(editor.messages, []);
  });

  it("warns of what is not verified and tries again on request", async () => {
    const { startRunning, clock, editor, run } = createCommands();
    const { task, remote } = await startRunning();
    remote.exit(0, undefined, 1);
    await settle();
    remote.onCancel = () => Promise.resolve(reports.left(clock.now()));
    editor.press = () => {
      remote.onCancel = () => Promise.resolve(remote.endTree());
      return "Try Again";
    };

    await run("sshTasks.stopLeftovers", task.id);

    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ["Not verified: 1 process may still run on build01: 4712 (root)."],
    );
    assert.equal(remote.climbs.length, 2);
  });

  it("says so when nothing was left", async () => {
    const { startRunning, editor, run } = createCommands();
    const { task } = await startRunning();

    await run("sshTasks.stopLeftovers", task.id);
    await run("sshTasks.stopLeftovers");

    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ["This SSH task has left nothing running.", "No SSH task has left anything running."],
    );
  });
});

describe("Cancel All SSH Tasks on Host", () => {
  it("cancels what runs there once the person has seen how much that is", async () => {
    const { startRunning, tasks, editor, run } = createCommands();
    await startRunning();
    await startRunning();
    await startRunning({ alias: "web.example.com" });
    editor.press = () => undefined;
    await run("sshTasks.cancelAllOnHost", "build01");
    assert.ok(tasks.listTasks().every(({ status }) => status === "running"));
    editor.press = ({ buttons }) => buttons[0];

    await run("sshTasks.cancelAllOnHost", "build01");

    const { text, buttons } = editor.messages.at(-1) ?? {};
    assert.deepEqual([text, buttons], ["Cancel 2 tasks on build01?", ["Cancel 2 tasks"]]);
    assert.deepEqual(
      tasks.listTasks().map(({ status }) => status),
      ["cancelled", "cancelled", "running"],
    );
  });

  it("says so where nothing runs", async () => {
    const { editor, run } = createCommands();

    await run("sshTasks.cancelAllOnHost", "build01");

    assert.deepEqual(
      editor.messages.map(({ text }) => text),
      ["No SSH task runs on build01."],
    );
  });
});
