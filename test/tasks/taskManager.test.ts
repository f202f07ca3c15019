import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outputStart } from "../../src/tasks/outputLog";
import { TaskError, type TaskErrorCode } from "../../src/tasks/taskError";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";

function hasCode(code: TaskErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof TaskError && error.code === code;
}

describe("starting a task", () => {
  it("gives a pending task with its id at once, and launches the command on its host", async () => {
    const { clock, hosts, start } = createTasks();

    const task = await start({ alias: " web.example.com ", command: "uptime\n", maxSeconds: 60 });

    assert.deepEqual(task, {
      id: `web_example_com:dd291cd6294bafef:${clock.now() * 1000}`,
      alias: "web.example.com",
      command: "uptime",
      commandHash: "dd291cd6294bafef",
      startedBy: "agent:test",
      createdAt: clock.now(),
      maxSeconds: 60,
      durable: false,
      merge: false,
      status: "pending",
    });
    assert.equal(hosts.last.taskId, task.id);
    assert.equal(hosts.last.command, "uptime");
    assert.equal(hosts.last.alias, "web.example.com");
  });

  it("gives every task an id of its own, also for the same command at the same time", async () => {
    const { start } = createTasks();

    const tasks = await Promise.all([start(), start(), start()]);

    assert.equal(new Set(tasks.map(({ id }) => id)).size, 3);
  });

  const refusals = [
    { what: "no alias", request: { alias: " " }, code: "invalidRequest" },
    { what: "a bad alias", request: { alias: "a b" }, code: "invalidRequest" },
    { what: "no command", request: { command: "" }, code: "invalidRequest" },
    { what: "a bad command", request: { command: "a\0" }, code: "invalidRequest" },
    { what: "a bad limit", request: { maxSeconds: -1 }, code: "invalidRequest" },
    { what: "an unknown host", request: { alias: "nowhere" }, code: "hostNotFound" },
  ] as const;
  for (const { what, request, code } of refusals) {
    it(`is refused for ${what}, and leaves no trace`, async () => {
      const { tasks, hosts, clock, events, start } = createTasks();

      await assert.rejects(start(request), hasCode(code));

      assert.deepEqual([tasks.listTasks(), hosts.launched, events], [[], [], []]);
      assert.equal(clock.pendingTimers, 0);
    });
  }

  it("is refused with the reason when the hosts can't be read", async () => {
    const { catalog, start } = createTasks();
    catalog.failure = new TaskError("configUnreadable", "No access to ~/.ssh/config.");

    await assert.rejects(start(), catalog.failure);
  });

  it("is refused when too many wait, and leaves nothing behind, not even its deadline", async () => {
    const limits = { maxRunningPerHost: 1, maxWaiting: 1 };
    const { tasks, hosts, clock, events, start } = createTasks({ limits });
    await start();
    await start();
    const removed: string[] = [];
    tasks.onDidRemoveTask((id) => removed.push(id));

    await assert.rejects(start({ maxSeconds: 60 }), hasCode("tooManyTasks"));
    await clock.advance(120_000);

    assert.equal(tasks.listTasks().length, 2);
    assert.equal(hosts.launched.length, 1);
    const known = new Set(tasks.listTasks().map(({ id }) => id));
    const strangers = events.filter(({ id }) => !known.has(id));
    assert.ok(strangers.every(({ id, status }) => status === "pending" && removed.includes(id)));
  });
});

describe("a place to run", () => {
  const limits = { maxRunningPerHost: 1 };

  it("is waited for in the queue, and given to the next when a task ends", async () => {
    const { tasks, hosts, start, startRunning } = createTasks({ limits });
    const { remote } = await startRunning();
    const next = await start();

    assert.equal(tasks.getTask(next.id)?.status, "pending");
    assert.equal(hosts.launched.length, 1);
    remote.exit(0);
    await settle();

    assert.equal(hosts.last.taskId, next.id);
  });

  it("is given free by a task that never ran", async () => {
    const { hosts, start } = createTasks({ limits });
    await start();
    const next = await start();

    hosts.last.failToStart(new Error("refused"));
    await settle();

    assert.equal(hosts.last.taskId, next.id);
  });

  it("on another host is not waited for", async () => {
    const { hosts, start } = createTasks({ limits });
    await start();

    const other = await start({ alias: "web.example.com" });

    assert.equal(hosts.last.taskId, other.id);
  });
});

describe("what is known of tasks", () => {
  it("is a list of them all, oldest first, whatever became of them", async () => {
    const { tasks, start, startRunning } = createTasks();
    const { task: first, remote } = await startRunning();
    const second = await start();
    remote.exit(0);
    await settle();

    const known = tasks.listTasks().map(({ id, status }) => [id, status]);

    assert.deepEqual(known, [
      [first.id, "completed"],
      [second.id, "pending"],
    ]);
  });

  it("is nothing for an unknown id, and no failure", async () => {
    const { tasks } = createTasks();

    assert.equal(tasks.getTask("unknown"), undefined);
    assert.equal(tasks.readOutput("unknown", outputStart, 100), undefined);
    assert.equal(tasks.summarizeOutput("unknown", 100), undefined);
    assert.equal(tasks.lastLines("unknown", 10), undefined);
    assert.deepEqual(tasks.outputSize("unknown"), { stdout: 0, stderr: 0 });
    assert.equal(await tasks.waitForTask("unknown"), undefined);
  });

  it("is a snapshot, which a later change leaves alone", async () => {
    const { tasks, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    const running = tasks.getTask(task.id);

    remote.exit(0);
    await settle();

    assert.equal(task.status, "pending");
    assert.equal(running?.status, "running");
    assert.equal(tasks.getTask(task.id)?.status, "completed");
  });

  it("includes the output while it comes and after the end, and what comes is announced", async () => {
    const { tasks, startRunning } = createTasks();
    const { task, remote } = await startRunning();
    const announced: string[] = [];
    tasks.onDidAppendOutput((id) => announced.push(id));

    remote.write("stdout", "out\n");
    const live = tasks.readOutput(task.id, outputStart, 100);
    remote.write("stderr", "err\n");
    remote.exit(0);
    await settle();

    assert.equal(live?.stdout, "out\n");
    assert.deepEqual(announced, [task.id, task.id]);
    assert.equal(tasks.readOutput(task.id, live.next, 100)?.stderr, "err\n");
    assert.equal(tasks.summarizeOutput(task.id, 100)?.stdout, "out\n");
    assert.deepEqual(tasks.lastLines(task.id, 1), { lines: ["err"], total: 2 });
    assert.deepEqual(tasks.outputSize(task.id), { stdout: 4, stderr: 4 });
  });

  it("goes when it was kept long enough, and is announced", async () => {
    const { tasks, clock, startRunning } = createTasks({ limits: { keepSeconds: 60 } });
    const { task, remote } = await startRunning();
    const removed: string[] = [];
    tasks.onDidRemoveTask((id) => removed.push(id));
    await clock.advance(100_000);
    remote.exit(0);
    await settle();

    await clock.advance(30_500);
    const ended = tasks.getTask(task.id);
    assert.equal(ended && tasks.keepSeconds(ended), 29);
    await clock.advance(30_000);

    assert.equal(tasks.getTask(task.id), undefined);
    assert.equal(tasks.readOutput(task.id, outputStart, 100), undefined);
    assert.deepEqual(removed, [task.id]);
  });

  it("loses, when cleared, all that has ended and nothing that lives", async () => {
    const { tasks, start, startRunning } = createTasks();
    const { task: ended, remote } = await startRunning();
    remote.exit(1);
    const alive = await start();
    await settle();
    const removed: string[] = [];
    tasks.onDidRemoveTask((id) => removed.push(id));

    assert.equal(tasks.clearFinished(), 1);
    assert.equal(tasks.clearFinished(), 0);

    assert.deepEqual(removed, [ended.id]);
    assert.deepEqual(
      tasks.listTasks().map(({ id }) => id),
      [alive.id],
    );
  });
});
