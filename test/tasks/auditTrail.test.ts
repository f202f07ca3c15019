import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuditRecord } from "../../src/tasks/audit";
import { keepAuditTrail } from "../../src/tasks/auditTrail";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";

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
