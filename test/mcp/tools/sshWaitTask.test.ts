import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { eventually } from "../../support/eventually";
import { createMcp, type Fields } from "../createMcp";

const tool = "ssh_wait_task";

/** A running task, and a wait for it under way. */
async function createWait(t: TestContext, args: Fields = {}) {
  const harness = await createMcp(t);
  const { task, remote } = await harness.startRunning();
  const timers = harness.clock.pendingTimers;
  const wait = (more: Fields = {}) => harness.ask(tool, { task_id: task.id, ...args, ...more });
  const begun = () => eventually("it waits", () => harness.clock.pendingTimers > timers + 1);
  return { ...harness, task, remote, wait, begun };
}

describe("ssh_wait_task", () => {
  it("gives all output and the exit code once the task has ended", async (t) => {
    const { task, remote, wait, begun } = await createWait(t);
    const waiting = wait();
    await begun();
    remote.write("stdout", "one\n");
    remote.write("stderr", "two\n");

    remote.exit(3);

    const { elapsed_ms, ...answer } = await waiting;
    assert.deepEqual(answer, {
      task_id: task.id,
      status: "failed",
      reason: "ended",
      exit_code: 3,
      duration_ms: elapsed_ms,
      cancelled: false,
      timeout: false,
      target_ip: "192.0.2.1",
      stdout: "one\n",
      stderr: "two\n",
      cursor: "4:4",
    });
  });

  it("answers at once of a task that has ended", async (t) => {
    const { remote, wait } = await createWait(t);
    remote.write("stdout", "one\n");
    remote.exit(0);

    assert.deepEqual((await wait({ cursor: "2:0" })).stdout, "e\n");
  });

  it("ends when a line matches, also one that has no end yet, and goes on behind it", async (t) => {
    const { remote, wait, begun, clock } = await createWait(t, { pattern: "^Listening on \\d+" });
    remote.write("stdout", "not Listening on 1\n");
    const waiting = wait();
    await begun();
    remote.write("stdout", "start\nListen");
    await clock.advance(200);
    remote.write("stdout", "ing on 80\x1b[0m");
    await clock.advance(200);

    const { reason, matched_line, status, cursor, note } = await waiting;
    assert.deepEqual([reason, matched_line, status], ["matched", "Listening on 80␛[0m", "running"]);
    assert.match(String(note), /Call ssh_wait_task with this cursor/);
    const next = wait({ cursor, timeout_seconds: 1 });
    await begun();
    await clock.advance(1000);
    assert.deepEqual([(await next).reason, (await next).stdout], ["timeout", ""]);
  });

  it("finds a match in what was there before", async (t) => {
    const { remote, wait } = await createWait(t, { pattern: "ready" });
    remote.write("stderr", "is ready now\n");

    assert.equal((await wait()).reason, "matched");
  });

  it("ends when nothing was printed for as long as was said", async (t) => {
    const { remote, wait, begun, clock } = await createWait(t, { silent_seconds: 10 });
    const waiting = wait();
    await begun();
    await clock.advance(9000);
    remote.write("stdout", "still here\n");
    await clock.advance(9000);
    let answered = false;
    void waiting.then(() => (answered = true));
    await clock.advance(900);
    assert.equal(answered, false);

    await clock.advance(100);

    assert.equal((await waiting).reason, "silent");
  });

  it("ends after 45 seconds unless it is told otherwise", async (t) => {
    const { wait, begun, clock } = await createWait(t);
    const waiting = wait();
    await begun();

    await clock.advance(45_000);

    assert.equal((await waiting).reason, "timeout");
  });

  it("gives the beginning and the end of much output", async (t) => {
    const { remote, wait } = await createWait(t, { max_bytes: 400 });
    remote.write("stdout", `begin${"x".repeat(5000)}end`);
    remote.exit(0);

    const { stdout, gap } = await wait();

    assert.match(String(stdout), /^begin.*\[\d+ bytes of stdout left out here\].*end$/s);
    assert.deepEqual(gap, { stream: "stdout", from: 100, to: 4708 });
  });

  it("tells its progress every two seconds: for how long, and the last line", async (t) => {
    const { client, task, remote, clock, begun } = await createWait(t);
    const heard: unknown[] = [];
    const onprogress = (progress: unknown): void => void heard.push(progress);
    const args = { task_id: task.id, timeout_seconds: 30 };
    const waiting = client.callTool({ name: tool, arguments: args }, undefined, { onprogress });
    await begun();
    remote.write("stdout", "one\n\x1b[2Ktwo\n");

    await clock.advance(4000);
    await eventually("both are heard", () => heard.length === 2);
    remote.exit(0);
    await waiting;

    assert.deepEqual(heard, [
      { progress: 2, total: 30, message: "running for 2 s · ␛[2Ktwo" },
      { progress: 4, total: 30, message: "running for 4 s · ␛[2Ktwo" },
    ]);
  });

  it("is only stopped itself when the client stops it, and leaves nothing behind", async (t) => {
    const { call, tasks, task, remote, begun, clock } = await createWait(t);
    const timers = clock.pendingTimers;
    const stop = new AbortController();
    const waiting = call(tool, { task_id: task.id, pattern: "x" }, stop.signal);
    await begun();

    stop.abort();

    await assert.rejects(waiting);
    await eventually("it has ended", () => clock.pendingTimers === timers);
    assert.deepEqual([tasks.getTask(task.id)?.status, remote.climbs], ["running", []]);
  });

  it("keeps nobody waiting with a hostile pattern over a flood", { timeout: 20_000 }, async (t) => {
    const { remote, wait, begun, clock } = await createWait(t, { pattern: "(a+)+$" });
    const waiting = wait({ max_bytes: 100 });
    await begun();
    for (let n = 0; n < 20; n++) {
      remote.write("stdout", `${"a".repeat(60_000)}b\n`);
      await clock.advance(100);
    }
    remote.exit(0);

    assert.equal((await waiting).reason, "ended");
  });

  for (const [args, sentence] of [
    [{ pattern: "(" }, /^Error: pattern is not a regular expression of RE2 .*: missing closing \)/],
    [{ pattern: "(?=x)" }, /^Error: pattern is not a regular expression of RE2/],
    [{ pattern: "x".repeat(1001) }, /^Error: pattern too long \(max 1000 characters\)/],
    [{ timeout_seconds: 0 }, /^Error: timeout_seconds must be between 1 and 3600/],
    [{ timeout_seconds: 3601 }, /^Error: timeout_seconds must be between 1 and 3600/],
    [{ silent_seconds: -1 }, /^Error: silent_seconds must be between 0 and 3600/],
    [{ max_bytes: 0 }, /^Error: max_bytes must be between 1 and 1048576/],
    [{ cursor: "x" }, /^Error: cursor is not one that an earlier answer gave/],
    [{ task_id: "build01:0:0" }, /^Error: Task not found: build01:0:0. Call ssh_list_tasks/],
  ] as [Fields, RegExp][]) {
    it(`says what is wrong with ${JSON.stringify(args).slice(0, 60)}`, async (t) => {
      const { fail, task } = await createWait(t);

      assert.match(await fail(tool, { task_id: task.id, ...args }), sentence);
    });
  }
});
