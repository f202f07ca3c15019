import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../../src/tasks/taskError";
import { hang, reports } from "../../support/fakeRemoteHost";
import { createMcp, resultOf, type Fields } from "../createMcp";

const tool = "ssh_get_task_result";

describe("ssh_get_task_result", () => {
  it("gives the whole outcome of an ended task, the contract's fields in order", async (t) => {
    const { ask, startRunning, clock } = await createMcp(t);
    const { task, remote } = await startRunning({ maxSeconds: 30 });
    remote.write("stdout", "out\n");
    remote.write("stderr", "err\n");
    await clock.advance(700);
    remote.exit(1);
    await clock.advance(5000);

    const result = await ask(tool, { task_id: `${task.id} ` });

    const expected = {
      task_id: task.id,
      status: "failed",
      exit_code: 1,
      duration_ms: 700,
      output: "out\nerr",
      cancelled: false,
      timeout: false,
      target_ip: "192.0.2.1",
      max_seconds: 30,
    };
    assert.equal(JSON.stringify(result), JSON.stringify(expected));
  });

  it("gives the receipt of a cancelled task and the output it had", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.write("stdout", "half");
    await ask("ssh_cancel", { task_id: task.id });

    const result = await ask(tool, { task_id: task.id });

    assert.deepEqual(
      [result.status, result.cancelled, result.exit_code, result.output],
      ["cancelled", true, -1, "half"],
    );
    assert.equal((result.receipt as Fields).verified, true);
    assert.match(String(result.note), /^Verified: 3 processes gone/);
  });

  it("of a task that never ran is an error that says why", async (t) => {
    const { call, start, hosts } = await createMcp(t);
    const task = await start();
    hosts.last.failToStart(new TaskError("hostKeyUnknown", "Unknown host key. Run ssh once."));

    const result = await call(tool, { task_id: task.id });

    const fields = resultOf(result) as Fields;
    assert.equal(result.isError, true);
    assert.deepEqual([fields.exit_code, fields.output], [-1, "Unknown host key. Run ssh once."]);
  });

  it("of a lost task says what may still run", async (t) => {
    const { ask, startRunning, clock } = await createMcp(t);
    const { task, remote } = await startRunning({ maxSeconds: 1 });
    remote.onCancel = () => Promise.resolve(reports.left(clock.now()));
    await clock.advance(60_000);

    const result = await ask(tool, { task_id: task.id });

    assert.deepEqual([result.status, result.exit_code, result.timeout], ["lost", -1, true]);
    assert.equal(result.note, "Not verified: 1 process may still run on build01: 4712 (root).");
  });

  it("of a task that still runs is a sentence that says what to call", async (t) => {
    const { fail, start, startRunning, tasks } = await createMcp(t);
    const pending = await start();
    const { task: running } = await startRunning();
    const { task: cancelling, remote } = await startRunning();
    remote.onCancel = hang;
    void tasks.cancelTask(cancelling.id, { requestedBy: "tree", reason: "clicked" });

    for (const { id } of [pending, running, cancelling]) {
      assert.equal(
        await fail(tool, { task_id: id }),
        `Error: Task still running: ${id}. Call ssh_wait_task.`,
      );
    }
  });

  it("states where output was left out", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.write("stderr", "y".repeat(2 * 1024 * 1024));
    remote.exit(0);

    const { gap } = await ask(tool, { task_id: task.id });

    assert.deepEqual(gap, { stream: "stderr", from: 262_144, to: 1_310_720 });
  });

  it("is no longer there once it has expired, or never was", async (t) => {
    const { fail, startRunning, clock } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.exit(0);
    await clock.advance(3600_000);

    for (const id of [task.id, "none"]) {
      assert.equal(await fail(tool, { task_id: id }), `Error: Task not found or expired: ${id}`);
    }
    assert.equal(await fail(tool), "Error: task_id is required");
  });
});
