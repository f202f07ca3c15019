import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTaskView } from "../../src/ui/taskView";
import { createTasks, type TasksHarness } from "../support/createTasks";
import { hang, reports } from "../support/fakeRemoteHost";
import { settle } from "../support/fakeClock";

function viewOf({ tasks, clock }: TasksHarness, taskId: string) {
  const task = tasks.getTask(taskId);
  assert.ok(task);
  return createTaskView(task, false, clock.now());
}

describe("a task as the panel draws it", () => {
  it("counts its time there while it runs, and has it in words once it has ended", async () => {
    const harness = createTasks();
    const { task, remote } = await harness.startRunning();
    assert.equal(viewOf(harness, task.id).elapsed, undefined);

    await harness.clock.advance(65_000);
    remote.exit(3);
    await settle();

    const view = viewOf(harness, task.id);
    assert.deepEqual([view.statusText, view.elapsed], ["Failed (3)", "1m 5s"]);
    assert.deepEqual(view.facts, ["started by test", "exit code 3"]);
  });

  it("cuts a very long command", async () => {
    const harness = createTasks();
    const { id } = await harness.start({ command: "x".repeat(9000) });

    const { command, title } = viewOf(harness, id);

    assert.deepEqual([command.length, title.length], [2001, 300]);
  });

  it("says who asked for a cancel, and offers it again when it was not verified", async () => {
    const harness = createTasks();
    const { tasks, clock } = harness;
    const { task, remote } = await harness.startRunning();
    remote.onCancel = hang;
    const cancel = tasks.cancelTask(task.id, { requestedBy: "agent:Copilot", reason: "" });

    const under = viewOf(harness, task.id);
    assert.deepEqual(
      [under.statusText, under.action?.label, under.note],
      ["Cancelling", "Force Kill", undefined],
    );
    assert.deepEqual(under.facts, ["started by test", "cancel requested by Copilot"]);
    await clock.advance(20_000);
    await cancel;

    const other = await harness.startRunning();
    other.remote.onCancel = () => Promise.resolve(reports.unverified("The host did not answer."));
    await tasks.cancelTask(other.task.id, { requestedBy: "tree", reason: "" });

    const unverified = viewOf(harness, other.task.id);
    assert.deepEqual([unverified.action?.label, unverified.note?.kind], ["Force Kill", "warning"]);
    assert.equal(
      unverified.note?.text,
      "Not verified: it may still run on build01. The host did not answer.",
    );
    assert.doesNotMatch(JSON.stringify(unverified.facts), /cancelled/);
    assert.deepEqual(unverified.receipt?.at(-1), {
      label: "Not verified",
      text: "The host did not answer.",
    });
    await clock.advance(60_000);

    const lost = viewOf(harness, other.task.id);
    assert.deepEqual(lost.action, { kind: "cancel", label: "Retry Cancel" });
    assert.doesNotMatch(JSON.stringify(lost), /cancelled/);
  });
});
