import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuditRecord } from "../../src/tasks/audit";
import { keepAuditTrail } from "../../src/tasks/auditTrail";
import { Emitter } from "../../src/tasks/lifecycle";
import { OutputLog } from "../../src/tasks/outputLog";
import type { Task } from "../../src/tasks/task";
import { createTasks } from "../support/createTasks";
import { FakeClock, settle } from "../support/fakeClock";
import { createEndedTask, createReceipt, createTask, statuses } from "./samples";

function createTrail() {
  const harness = createTasks();
  const records: AuditRecord[] = [];
  const { tasks, clock } = harness;
  const audit = { record: (record: AuditRecord) => void records.push(record) };
  const trail = keepAuditTrail({ tasks, clock, audit });
  const kinds = (): string[] =>
    records.map((record) => (record.type === "end" ? record.status : record.type));
  return { ...harness, records, trail, kinds, audit };
}

describe("the trail of a task", () => {
  it("is its end: how, where, how long, how much, and who had started it", async () => {
    const { startRunning, records, clock, tasks } = createTrail();
    const { task, remote } = await startRunning({ command: "false", startedBy: "palette" });
    remote.write("stdout", "12345");
    remote.write("stderr", "12");
    await clock.advance(2000);

    remote.exit(3);
    await settle();

    const { id: taskId, commandHash: hash, createdAt } = task;
    assert.deepEqual(records, [
      {
        ...{ type: "end", at: clock.now(), alias: "build01", hash, command: "false", taskId },
        ...{ startedBy: "palette", status: "failed", address: "192.0.2.1", exitCode: 3 },
        ...{ timeout: false, createdAt, durationMs: 2000, bytesOut: 5, bytesErr: 2 },
      },
    ]);
    assert.ok(tasks.getTask(taskId));
  });

  it("is a cancel once, with its first reason, and its end with the receipt", async () => {
    const { startRunning, tasks, records, kinds } = createTrail();
    const { task } = await startRunning();

    const first = tasks.cancelTask(task.id, { requestedBy: "tree", reason: "first" });
    await tasks.cancelTask(task.id, { requestedBy: "webview", reason: "second" });
    await first;
    await settle();

    assert.deepEqual(kinds(), ["cancel", "cancelled"]);
    const [cancel, end] = records;
    assert.ok(cancel?.type === "cancel" && end?.type === "end");
    assert.deepEqual([cancel.requestedBy, cancel.reason], ["tree", "first"]);
    assert.equal(end.receipt?.verified, true);
  });

  it("is a deadline's cancel, and an end by timeout", async () => {
    const { startRunning, clock, records, kinds } = createTrail();
    await startRunning({ maxSeconds: 1 });

    await clock.advance(60_000);

    assert.deepEqual(kinds(), ["cancel", "failed"]);
    const [cancel, end] = records;
    assert.ok(cancel?.type === "cancel" && end?.type === "end");
    assert.deepEqual([cancel.requestedBy, end.timeout], ["deadline", true]);
  });

  it("is that its end was not seen", async () => {
    const { startRunning, kinds, clock } = createTrail();
    const { remote } = await startRunning();
    remote.onCancel = () => Promise.reject(new Error("unreachable"));

    remote.loseConnection(new Error("The connection to build01 was lost."));
    await clock.advance(60_000);

    assert.deepEqual(kinds(), ["cancel", "lost"]);
  });

  it("is nothing of what had ended before, and nothing once it is disposed of", async () => {
    const { startRunning, tasks, clock, kinds, trail, audit, records } = createTrail();
    const { remote } = await startRunning();
    remote.exit(0);
    await settle();
    assert.deepEqual(kinds(), ["completed"]);
    trail.dispose();
    const again = keepAuditTrail({ tasks, clock, audit });
    const next = await startRunning();
    next.remote.exit(0);
    await settle();
    assert.equal(records.length, 2);

    again.dispose();
    const last = await startRunning();
    last.remote.exit(0);
    await settle();

    assert.equal(records.length, 2);
  });
});

/** A trail of tasks whose news the test makes up; `own` are those of this window. */
function createNews(own: readonly Task[]) {
  const fail = (error: unknown): never => {
    throw error;
  };
  const changed = new Emitter<Task>(fail);
  const removed = new Emitter<string>(fail);
  const known = own.map((task) => ({ task, output: new OutputLog() }));
  const records: AuditRecord[] = [];
  const tasks = {
    listOwn: () => known,
    findOwn: (taskId: string) => known.find(({ task }) => task.id === taskId),
    outputSize: () => ({ stdout: 0, stderr: 0 }),
    onDidChangeTask: changed.event,
    onDidRemoveTask: removed.event,
  };
  const keep = () =>
    keepAuditTrail({
      ...{ tasks, clock: new FakeClock() },
      audit: { record: (record) => void records.push(record) },
    });
  return { changed, removed, records, keep };
}

describe("what is written down of news about a task", () => {
  const ended = createEndedTask("completed", 1_767_225_601_000);

  it("is nothing when another window has it", () => {
    const { changed, records, keep } = createNews([]);
    keep();

    for (const status of statuses) changed.fire(createTask(status));

    assert.deepEqual(records, []);
  });

  it("is its end once, however often that is told", () => {
    const { changed, records, keep } = createNews([createTask("running")]);
    keep();

    changed.fire(ended);
    changed.fire(ended);

    assert.equal(records.length, 1);
  });

  it("is nothing when it had ended in an earlier window, known at once or taken up later", () => {
    const { changed, removed, records, keep } = createNews([ended]);
    keep();
    changed.fire(ended);

    removed.fire(ended.id);
    changed.fire(ended);

    assert.deepEqual(records, []);
  });

  it("is that what an ended task had left was ended, whenever it had ended", () => {
    const { changed, records, keep } = createNews([ended]);
    keep();

    changed.fire({ ...ended, receipt: createReceipt() });

    assert.equal(records.length, 1);
    assert.ok(records[0]?.type === "end" && records[0].receipt?.verified);
  });
});
