import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CancelRequest } from "../../src/tasks/cancelReceipt";
import type { OtherWindow } from "../../src/tasks/otherWindow";
import type { Task } from "../../src/tasks/task";
import { windowGone, windowSilent } from "../../src/tasks/taskError";
import { createTasks, type CreateTasksOptions } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { MemoryStore } from "../support/memoryStore";
import { createTask } from "./samples";
import { storedTask } from "./storedTasks";

const request: CancelRequest = { requestedBy: "tree", reason: "no longer needed" };

/** Another window that does what the test says, with a running task that is shown here. */
function createOther(options: CreateTasksOptions = {}) {
  const harness = createTasks(options);
  const asked: string[] = [];
  const window: OtherWindow & { onCancel: () => Promise<void> } = {
    onCancel: () => Promise.resolve(),
    cancel: (taskId) => {
      asked.push(`cancel ${taskId}`);
      return window.onCancel();
    },
    listProcesses: (taskId) => {
      asked.push(`list ${taskId}`);
      return Promise.resolve([{ pid: 1, parent: 0, user: "dev", command: "sleep", ageSeconds: 2 }]);
    },
    stopLeftovers: (taskId) => {
      asked.push(`stop ${taskId}`);
      return Promise.resolve(undefined);
    },
  };
  const running: Task = { ...createTask("running"), durable: true };
  const news = harness.tasks.windowNews;
  news.onTask(window, running);
  const tell = (task: Task): void => news.onTask(window, task);
  const shown = (): string | undefined => harness.tasks.getTask(running.id)?.status;
  return { ...harness, window, asked, running, news, tell, shown };
}

describe("a task of another window", () => {
  it("is among the tasks here, with its changes, and takes nobody's place", async () => {
    const { tasks, running, events, tell, start, hosts, shown } = createOther({
      limits: { maxRunningPerHost: 1 },
    });

    const own = await start();
    tell({ ...createTask("cancelled"), id: running.id });

    assert.equal(hosts.last.taskId, own.id);
    const ids = tasks.listTasks().map(({ id }) => id);
    assert.deepEqual(ids.sort(), [running.id, own.id].sort());
    assert.deepEqual(
      events.map(({ status }) => status),
      ["running", "pending", "cancelled"],
    );
    assert.equal(shown(), "cancelled");
    assert.deepEqual(
      tasks.listOwn().map(({ task }) => task.id),
      [own.id],
    );
  });

  it("has its output, of which what comes twice counts once and what is left out is a gap", () => {
    const { tasks, running, news } = createOther();
    let appended = 0;
    tasks.onDidAppendOutput(() => appended++);

    news.onOutput(running.id, "stdout", 0, Buffer.from("one\n"));
    news.onOutput(running.id, "stdout", 2, Buffer.from("e\ntwo\n"));
    news.onOutput(running.id, "stdout", 2, Buffer.from("e\n"));
    news.onOutput(running.id, "stdout", 100, Buffer.from("end\n"));
    news.onOutput("build01:0:0", "stdout", 0, Buffer.from("of nobody"));

    assert.equal(appended, 3);
    assert.deepEqual(tasks.outputSize(running.id), { stdout: 104, stderr: 0 });
    const { stdout, gaps } = tasks.readOutput(running.id, { stdout: 0, stderr: 0 }, 1000) ?? {};
    assert.equal(stdout, "one\ntwo\n");
    assert.deepEqual(gaps, []);
    const next = tasks.readOutput(running.id, { stdout: 8, stderr: 0 }, 1000);
    assert.deepEqual(
      [next?.stdout, next?.gaps],
      ["end\n", [{ stream: "stdout", from: 8, to: 100 }]],
    );
  });

  it("is cancelled by that window, whose receipt is the answer", async () => {
    const { tasks, running, window, asked, tell, log } = createOther();
    const cancelled = { ...createTask("cancelled"), id: running.id };
    window.onCancel = () => {
      tell(cancelled);
      return Promise.resolve();
    };

    const outcome = await tasks.cancelTask(running.id, request);

    assert.deepEqual(asked, [`cancel ${running.id}`]);
    assert.ok(cancelled.status === "cancelled");
    assert.deepEqual([outcome.accepted, outcome.receipt], [true, cancelled.receipt]);
    assert.match(log.join("\n"), /cancel of .* requested by tree: accepted/);
    assert.deepEqual(await tasks.cancelTask(running.id, request), {
      accepted: false,
      task: cancelled,
    });
  });

  it("may be of a window that does not answer, which is said with what to do", async () => {
    const { tasks, running, window } = createOther();
    window.onCancel = () => Promise.reject(windowSilent(4711));

    const { accepted, task, note } = await tasks.cancelTask(running.id, request);

    assert.deepEqual([accepted, task?.status], [true, "running"]);
    assert.match(String(note), /process 4711 .* does not answer, so the task may still run/);
  });

  it("shows its processes, and has what it left ended, by asking that window", async () => {
    const { tasks, running, asked } = createOther();

    assert.equal((await tasks.listProcesses(running.id))?.length, 1);
    assert.equal(await tasks.stopLeftovers(running.id, request), undefined);

    assert.deepEqual(asked, [`list ${running.id}`, `stop ${running.id}`]);
  });

  it("is left alone by a shutdown", async () => {
    const { tasks, asked, shown, clock, running, news, window } = createOther();
    news.onGone(window);

    await tasks.shutdown();
    tasks.dispose();
    await settle();

    assert.deepEqual([asked, shown()], [[], "running"]);
    assert.equal(clock.pendingTimers, 0);
    assert.equal(tasks.getTask(running.id)?.status, "running");
  });

  it("goes when that window forgets it, or when the ended ones are cleared here", () => {
    const { tasks, running, news, window, tell } = createOther();
    const removed: string[] = [];
    tasks.onDidRemoveTask((id) => removed.push(id));
    const other = createOther().window;
    news.onRemoved(other, running.id);
    assert.deepEqual(removed, []);

    news.onRemoved(window, running.id);
    tell({ ...createTask("completed"), id: running.id });

    assert.deepEqual([tasks.clearFinished(), tasks.listTasks()], [1, []]);
    assert.deepEqual(removed, [running.id, running.id]);
  });
});

describe("a task of a window that has ended", () => {
  /** The journal gets the task once that window has been gone for as long as the test says. */
  function createLeft() {
    const store = new MemoryStore();
    let left = false;
    Object.assign(store, { takeOver: () => Promise.resolve(left) });
    const other = createOther({ store });
    const leave = (): void => {
      store.saveTask(other.running, storedTask("running").process);
      left = true;
    };
    /** In steps, as the journal takes its time too. */
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 100) {
        await other.clock.advance(100);
        for (let n = 0; n < 5; n++) await settle();
      }
    };
    return { ...other, leave, pass };
  }

  it("is this window's when it gets it, and no change is announced as a removal", async () => {
    const { tasks, running, news, window, leave, pass, hosts, shown } = createLeft();
    await tasks.restore();
    const removed: string[] = [];
    tasks.onDidRemoveTask((id) => removed.push(id));
    leave();
    news.onGone(window);

    await pass(20_000);

    assert.deepEqual([shown(), removed], ["running", []]);
    assert.equal(tasks.findOwn(running.id)?.task.id, running.id);
    assert.equal(tasks.listTasks().length, 1);
    assert.equal(hosts.adopted.length, 1);
    news.onTask(window, { ...createTask("completed"), id: running.id });
    assert.equal(shown(), "running");
  });

  it("is shown as another window's that gets it", async () => {
    const { tasks, running, news, window, clock, shown } = createOther();
    news.onGone(window);
    await clock.advance(10_000);
    const { window: next, asked } = createOther();

    news.onTask(next, running);
    await clock.advance(20_000);

    assert.equal(shown(), "running");
    await tasks.cancelTask(running.id, request);
    assert.deepEqual(asked, [`cancel ${running.id}`]);
  });

  it("is not shown for ever when nobody gets it", async () => {
    const { news, window, clock, shown } = createOther();
    news.onGone(window);

    await clock.advance(14_999);
    assert.equal(shown(), "running");
    await clock.advance(1);

    assert.equal(shown(), undefined);
  });

  it("is cancelled here when it ends while it is asked to", async () => {
    const { tasks, running, window, news, leave, pass, hosts } = createLeft();
    await tasks.restore();
    window.onCancel = () => {
      leave();
      news.onGone(window);
      return Promise.reject(windowGone());
    };

    const cancelling = tasks.cancelTask(running.id, request);
    await pass(1000);

    const { task, receipt } = await cancelling;
    assert.deepEqual([task?.status, receipt?.verified], ["cancelled", true]);
    assert.deepEqual([receipt?.requestedBy, hosts.adopted[0]?.remote.climbs.length], ["tree", 1]);
  });

  it("has a cancel that nobody can do answered in the end", async () => {
    const { tasks, running, window, news, clock } = createOther();
    window.onCancel = () => {
      news.onGone(window);
      return Promise.reject(windowGone());
    };

    const cancelling = tasks.cancelTask(running.id, request);
    await clock.advance(20_000);

    assert.equal((await cancelling).accepted, true);
    assert.equal(tasks.getTask(running.id), undefined);
    assert.equal(clock.pendingTimers, 0);
  });
});
