import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../../src/tasks/taskError";
import { eventually } from "../../support/eventually";
import { reports, whenForced } from "../../support/fakeRemoteHost";
import { createMcp, type Fields } from "../createMcp";

const tool = "ssh_get_task_status";

describe("ssh_get_task_status", () => {
  it("tells of a running task what is known now, the contract's fields first", async (t) => {
    const { ask, startRunning, clock } = await createMcp(t);
    const { task, remote } = await startRunning({ command: "make", maxSeconds: 60 });
    remote.write("stdout", "one\ntwo");
    remote.write("stderr", "é\n");
    await clock.advance(15_000);

    const status = await ask(tool, { task_id: ` ${task.id} ` });

    const expected = {
      task_id: task.id,
      status: "running",
      keepAlive: 3600,
      pollFrequency: 5,
      progress_percent: 25,
      elapsed_ms: 15_000,
      bytes_read: 10,
      output_lines_available: 3,
      alias: "build01",
      command: "make",
      max_seconds: 60,
    };
    assert.equal(JSON.stringify(status), JSON.stringify(expected));
  });

  it("tells of an ended task the same for ever, but how long it is still kept", async (t) => {
    const { ask, startRunning, clock } = await createMcp(t);
    const { task, remote } = await startRunning();
    await clock.advance(2000);
    remote.exit(4);
    await clock.advance(100_000);

    const status = await ask(tool, { task_id: task.id });

    assert.equal(status.status, "failed");
    assert.equal(status.progress_percent, 100);
    assert.equal(status.elapsed_ms, 2000);
    assert.equal(status.keepAlive, 3500);
    assert.equal(status.exit_code, 4);
    assert.equal(status.timeout, false);
  });

  it("is pending until the command runs, and 0 percent where there is no limit", async (t) => {
    const { ask, start, clock } = await createMcp(t);
    const task = await start();
    await clock.advance(5000);

    const status = await ask(tool, { task_id: task.id });

    assert.equal(status.status, "pending");
    assert.equal(status.progress_percent, 0);
    assert.equal(status.elapsed_ms, 5000);
    assert.equal("exit_code" in status, false);
  });

  it("is below 100 percent as long as the task has not ended, and then 100", async (t) => {
    const { ask, startRunning, clock } = await createMcp(t);
    const { task, remote } = await startRunning({ maxSeconds: 1 });
    remote.onCancel = (climb) => whenForced(climb, () => remote.endTree());
    await clock.advance(3000);

    const during = await ask(tool, { task_id: task.id });
    await ask("ssh_cancel", { task_id: task.id, force: true });
    const after = await ask(tool, { task_id: task.id });

    assert.deepEqual([during.status, during.progress_percent], ["cancelling", 99]);
    assert.match(String(during.note), /may still run on build01/);
    assert.deepEqual([after.status, after.progress_percent, after.timeout], ["failed", 100, true]);
    assert.equal((after.receipt as Fields).requested_by, "deadline");
  });

  it("says of a lost task what may still run", async (t) => {
    const { ask, startRunning, clock, tasks } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.onCancel = () => Promise.resolve(reports.unverified("The host is silent."));
    remote.loseConnection(new TaskError("connectionLost", "The connection was lost."));
    await clock.advance(60_000);
    await eventually("it is lost", () => tasks.getTask(task.id)?.status === "lost");

    const status = await ask(tool, { task_id: task.id });

    assert.equal(status.status, "lost");
    assert.equal("exit_code" in status, false);
    assert.equal((status.receipt as Fields).verified, false);
    assert.equal(status.note, "Not verified: it may still run on build01. The host is silent.");
  });

  it("gives the reason of a failure that was not the command's", async (t) => {
    const { ask, start, hosts } = await createMcp(t);
    const task = await start();
    hosts.last.failToStart(new TaskError("signInFailed", "Sign-in failed. Check your key."));

    const status = await ask(tool, { task_id: task.id });

    assert.deepEqual([status.status, status.exit_code], ["failed", -1]);
    assert.equal(status.error, "Sign-in failed. Check your key.");
  });

  it("says how many processes an ended task has left, after all others", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const leaves = await startRunning();
    leaves.remote.exit(0, undefined, 2);
    const clean = await startRunning();
    clean.remote.exit(0, undefined, 0);

    for (const ofTask of [tool, "ssh_get_task_result"]) {
      const answer = await ask(ofTask, { task_id: leaves.task.id });
      assert.equal(answer.left_running, 2);
      assert.equal(
        answer.note,
        "It left 2 processes running on build01; the user can end them with Stop Leftovers.",
      );
      assert.deepEqual(Object.keys(answer).slice(-3), ["max_seconds", "left_running", "note"]);
      assert.equal("left_running" in (await ask(ofTask, { task_id: clean.task.id })), false);
    }
  });

  it("cuts a long command", async (t) => {
    const { ask, start } = await createMcp(t);
    const task = await start({ command: "x".repeat(1000) });

    const { command } = await ask(tool, { task_id: task.id });

    assert.equal(command, `${"x".repeat(200)}…`);
  });

  it("knows nothing of a task that does not exist or is no longer kept", async (t) => {
    const { fail, startRunning, clock } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.exit(0);
    await clock.advance(3600_000);

    assert.equal(await fail(tool, { task_id: "none" }), "Error: Task not found: none");
    assert.equal(await fail(tool, { task_id: task.id }), `Error: Task not found: ${task.id}`);
    assert.equal(await fail(tool), "Error: task_id is required");
  });
});

describe("ssh_get_task_status with include_processes", () => {
  const shell = { pid: 4711, parent: 1, user: "dev", ageSeconds: 65, command: "make test" };

  it("lists the live processes last, and touches nothing", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.onList = () => Promise.resolve([shell]);

    const status = await ask(tool, { task_id: task.id, include_processes: true });

    assert.deepEqual(status.processes, [
      { pid: 4711, parent: 1, user: "dev", age_seconds: 65, command: "make test" },
    ]);
    assert.equal(Object.keys(status).at(-1), "processes");
    assert.deepEqual([status.status, remote.climbs], ["running", []]);
    assert.equal("processes" in (await ask(tool, { task_id: task.id })), false);
  });

  it("lists none of a task that has not reached its host", async (t) => {
    const { ask, start } = await createMcp(t);
    const task = await start();

    const status = await ask(tool, { task_id: task.id, include_processes: true });

    assert.deepEqual([status.status, status.processes], ["pending", []]);
  });

  it("lists 200 at the most and says how many there were", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    const many = Array.from({ length: 340 }, (_, i) => ({ ...shell, pid: i + 1 }));
    remote.onList = () => Promise.resolve(many);

    const status = await ask(tool, { task_id: task.id, include_processes: true });

    assert.equal((status.processes as Fields[]).length, 200);
    assert.equal(status.processes_note, "Only the first 200 of 340 processes are listed.");
  });

  it("says why its host could not be asked, and still how the task is doing", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    const failure = new TaskError("connectionTimeout", "build01 does not answer. Try again later.");
    remote.onList = () => Promise.reject(failure);

    const status = await ask(tool, { task_id: task.id, include_processes: true });

    assert.equal(status.status, "running");
    assert.equal(status.processes_note, "build01 does not answer. Try again later.");
    assert.equal("processes" in status, false);
  });

  it("knows no processes of a task that does not exist", async (t) => {
    const { fail } = await createMcp(t);

    const sentence = await fail(tool, { task_id: "none", include_processes: true });

    assert.equal(sentence, "Error: Task not found: none");
  });
});
