import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { hang, reports, whenForced } from "../support/fakeRemoteHost";
import { createMcp, type Fields, type McpHarness } from "./createMcp";

const signaled = "Cancellation signaled";
const notCancellable = "Task not found or not cancellable";

/** The answer as text, so that the order of its fields counts. */
async function cancelledAs(harness: McpHarness, tool: string, args: Fields): Promise<string> {
  return JSON.stringify(await harness.ask(tool, args));
}

for (const tool of ["ssh_cancel", "ssh_cancel_async_task"]) {
  describe(tool, () => {
    it("ends a running task and answers with the evidence", async (t) => {
      const harness = await createMcp(t);
      const { task, remote } = await harness.startRunning();

      const answer = await cancelledAs(harness, tool, { task_id: ` ${task.id}\n` });

      const expected = {
        task_id: task.id,
        cancelled: true,
        message: signaled,
        status: "cancelled",
        receipt: {
          requested_by: "agent:test client",
          reason: "asked for by the agent",
          requested_at: "2026-01-01T00:00:00.000Z",
          processes_found: 3,
          signals: [
            { signal: "TERM", count: 3, at_ms: 0 },
            { signal: "CONT", count: 3, at_ms: 0 },
          ],
          verified: true,
          verified_by: "processes",
          gone_at: "2026-01-01T00:00:00.000Z",
          duration_ms: 0,
          left: [],
          may_remain: [],
        },
        note: "Verified: 3 processes gone from build01 after TERM, 0.0 s.",
      };
      assert.equal(answer, JSON.stringify(expected));
      assert.equal(remote.climbs[0]?.graceSeconds, 5);
    });

    it("ends a pending task before its command reaches the host", async (t) => {
      const { ask, start } = await createMcp(t);
      const task = await start();

      const answer = await ask(tool, { task_id: task.id });

      assert.equal(answer.cancelled, true);
      assert.equal(answer.status, "cancelled");
      assert.equal((answer.receipt as Fields).processes_found, 0);
      assert.equal(answer.note, "Verified: nothing of it was running on build01.");
    });

    it("ends a task that waits for a place", async (t) => {
      const { ask, start, hosts } = await createMcp(t, { limits: { maxRunningPerHost: 1 } });
      await start();
      const waiting = await start();

      const answer = await ask(tool, { task_id: waiting.id });

      assert.equal(answer.status, "cancelled");
      assert.equal(hosts.launched.length, 1);
    });

    it("ends what ssh_run started", async (t) => {
      const { ask, call, launched } = await createMcp(t);
      const running = call("ssh_run", { alias: "build01", command: "sleep 600" });
      const remote = await launched(1);
      remote.run();

      const answer = await ask(tool, { task_id: remote.taskId });

      assert.equal(answer.status, "cancelled");
      const { result } = (await running).structuredContent as { result: Fields };
      assert.equal(result.cancelled, true);
    });

    it("ends what ssh_run_async started on a host whose alias has dots", async (t) => {
      const { ask } = await createMcp(t);
      const run = { alias: "web.example.com", command: "sleep 600" };
      const { task_id } = await ask("ssh_run_async", run);

      const answer = await ask(tool, { task_id });

      assert.match(String(task_id), /^web_example_com:[0-9a-f]{16}:\d+$/);
      assert.equal(answer.cancelled, true);
    });

    it("joins the cancel under way, whose reason stays", async (t) => {
      const harness = await createMcp(t);
      const { task, remote } = await harness.startRunning();
      remote.onCancel = (climb) => whenForced(climb, () => remote.endTree(["TERM", "KILL"]));
      const first = harness.ask(tool, { task_id: task.id, reason: "the first" });
      await eventually("the host is asked", () => remote.climbs.length === 1);

      const second = await harness.ask(tool, { task_id: task.id, reason: "late", force: true });

      assert.equal(second.cancelled, true);
      assert.equal(second.message, signaled);
      assert.equal((second.receipt as Fields).reason, "the first");
      assert.deepEqual(second, await first);
      assert.equal(remote.climbs.length, 1);
    });

    const ends: [string, number, string][] = [
      ["completed", 0, "It had already ended: completed."],
      ["failed", 3, "It had already ended: failed."],
    ];
    for (const [status, exitCode, note] of ends) {
      it(`changes nothing about a ${status} task, which is no error`, async (t) => {
        const harness = await createMcp(t);
        const { task, remote } = await harness.startRunning();
        remote.exit(exitCode);

        const answer = await cancelledAs(harness, tool, { task_id: task.id });

        const expected = {
          task_id: task.id,
          cancelled: false,
          message: notCancellable,
          status,
          note,
          exit_code: exitCode,
        };
        assert.equal(answer, JSON.stringify(expected));
      });
    }

    it("changes nothing about a cancelled task, and shows the receipt once more", async (t) => {
      const { ask, startRunning } = await createMcp(t);
      const { task } = await startRunning();
      const first = await ask(tool, { task_id: task.id });

      const second = await ask(tool, { task_id: task.id });

      assert.equal(second.cancelled, false);
      assert.equal(second.message, notCancellable);
      assert.equal(second.status, "cancelled");
      assert.deepEqual(second.receipt, first.receipt);
      assert.equal(second.note, "It had already ended: cancelled.");
    });

    it("changes nothing about a task that its deadline has ended", async (t) => {
      const { ask, startRunning, clock } = await createMcp(t);
      const { task } = await startRunning({ maxSeconds: 1 });
      await clock.advance(1000);

      const answer = await ask(tool, { task_id: task.id });

      assert.equal(answer.cancelled, false);
      assert.equal(answer.status, "failed");
      assert.equal(answer.exit_code, -1);
    });

    for (const id of ["nonexistent", "build01:0123456789abcdef:1"]) {
      it(`knows no task ${id}, which is no error`, async (t) => {
        const harness = await createMcp(t);

        const answer = await cancelledAs(harness, tool, { task_id: id });

        const expected = {
          task_id: id,
          cancelled: false,
          message: notCancellable,
          status: "unknown",
          note: "No task has this id. Call ssh_list_tasks for the ids there are.",
        };
        assert.equal(answer, JSON.stringify(expected));
      });
    }

    it("reports an exit that came first with its true code", async (t) => {
      const { ask, startRunning } = await createMcp(t);
      const { task, remote } = await startRunning();
      remote.onCancel = () => {
        remote.exit(7);
        return Promise.resolve(reports.exitCameFirst);
      };

      const answer = await ask(tool, { task_id: task.id });

      assert.equal(answer.cancelled, true);
      assert.equal(answer.status, "failed");
      assert.equal(answer.exit_code, 7);
    });

    it("says what may still run when the end could not be verified", async (t) => {
      const { ask, startRunning, clock } = await createMcp(t);
      const { task, remote } = await startRunning();
      remote.onCancel = () => Promise.resolve(reports.left(clock.now()));

      const answer = await ask(tool, { task_id: task.id });

      assert.equal(answer.cancelled, true);
      assert.equal(answer.status, "cancelling");
      const receipt = answer.receipt as Fields;
      assert.equal(receipt.verified, false);
      assert.equal("gone_at" in receipt, false);
      assert.deepEqual(receipt.left, [{ pid: 4712, user: "root", command: "sleep 600" }]);
      assert.equal(answer.note, "Not verified: 1 process may still run on build01: 4712 (root).");
    });

    it("tries again a task that was lost", async (t) => {
      const { ask, startRunning, tasks, clock } = await createMcp(t);
      const { task, remote } = await startRunning();
      remote.onCancel = () => Promise.resolve(reports.unverified("The host is silent."));
      const first = await ask(tool, { task_id: task.id });
      await clock.advance(60_000);
      assert.equal(tasks.getTask(task.id)?.status, "lost");
      remote.onCancel = () => Promise.resolve(remote.endTree());

      const second = await ask(tool, { task_id: task.id });

      assert.equal(first.note, "Not verified: it may still run on build01. The host is silent.");
      assert.equal(second.cancelled, true);
      assert.equal(second.status, "cancelled");
    });

    it("answers in time when the host does not", async (t) => {
      const { ask, startRunning, clock } = await createMcp(t);
      const { task, remote } = await startRunning();
      remote.onCancel = hang;
      const asked = ask(tool, { task_id: task.id, grace_seconds: 2 });
      await eventually("the host is asked", () => remote.climbs.length === 1);

      await clock.advance(12_000);

      const answer = await asked;
      assert.equal(answer.cancelled, true);
      assert.equal(answer.status, "cancelling");
      assert.equal(answer.note, "Not verified: it may still run on build01; the cancel goes on.");
      assert.equal("receipt" in answer, false);
    });

    const graces: [unknown, number][] = [
      [0, 0],
      [30, 30],
      ["7", 7],
      [0.5, 0.5],
    ];
    for (const [given, seconds] of graces) {
      it(`waits ${seconds} s before KILL when grace_seconds is ${JSON.stringify(given)}`, async (t) => {
        const { ask, startRunning } = await createMcp(t);
        const { task, remote } = await startRunning();

        await ask(tool, { task_id: task.id, grace_seconds: given });

        assert.equal(remote.climbs[0]?.graceSeconds, seconds);
      });
    }

    it("waits for nothing when forced", async (t) => {
      const { ask, startRunning } = await createMcp(t);
      const { task, remote } = await startRunning();

      await ask(tool, { task_id: task.id, force: true });

      assert.equal(remote.climbs[0]?.graceSeconds, 0);
    });

    it("keeps the reason to one line of 200 characters", async (t) => {
      const { ask, startRunning } = await createMcp(t);
      const { task } = await startRunning();
      const reason = `  wrong\n\u001b[31mhost${"😀".repeat(200)}`;

      const { receipt } = await ask(tool, { task_id: task.id, reason });

      const kept = String((receipt as Fields).reason);
      assert.ok(kept.startsWith("wrong [31mhost😀"));
      assert.equal(Array.from(kept).length, 200);
    });

    const refused: [Fields, string][] = [
      [{}, "Error: task_id is required"],
      [{ task_id: "" }, "Error: task_id is required"],
      [{ task_id: " \t\n" }, "Error: task_id is required"],
      [{ task_id: "a".repeat(201) }, "Error: task_id too long (max 200 characters)"],
      ...["a b", "a.b", "a/b", "a@b", "a#b", "é"].map((task_id): [Fields, string] => [
        { task_id },
        "Error: task_id contains invalid characters (only alphanumeric, colon, dash, underscore allowed)",
      ]),
      [{ task_id: "a", grace_seconds: 31 }, "Error: grace_seconds must be a number from 0 to 30"],
      [{ task_id: "a", grace_seconds: -1 }, "Error: grace_seconds must be a number from 0 to 30"],
    ];
    for (const [args, sentence] of refused) {
      it(`refuses ${JSON.stringify(args).slice(0, 60)}: ${sentence}`, async (t) => {
        const { fail } = await createMcp(t);

        assert.equal(await fail(tool, args), sentence);
      });
    }
  });
}
