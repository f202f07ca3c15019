import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../../src/tasks/taskError";
import { eventually } from "../../support/eventually";
import { reports, type FakeRemoteTask } from "../../support/fakeRemoteHost";
import { createMcp, resultOf, type Fields, type McpHarness } from "../createMcp";

const run = { alias: "build01", command: "make test" };

interface Run {
  readonly remote: FakeRemoteTask;
  readonly result: () => Promise<{ isError: boolean | undefined; fields: Fields }>;
}

/** A command that runs, and the answer that comes once it has ended. */
async function createRun(harness: McpHarness, args: Fields = {}): Promise<Run> {
  const answered = harness.call("ssh_run", { ...run, ...args });
  const remote = await harness.launched(harness.hosts.launched.length + 1);
  return {
    remote,
    result: async () => {
      const result = await answered;
      return { isError: result.isError, fields: resultOf(result) as Fields };
    },
  };
}

describe("ssh_run", () => {
  it("gives output and exit code of a command that succeeds, the contract's fields first", async (t) => {
    const harness = await createMcp(t);
    const { remote, result } = await createRun(harness);
    remote.run({ hostAddress: "192.0.2.9" });
    remote.write("stderr", "a warning\n");
    remote.write("stdout", "  indented\n\nlast\n");
    await harness.clock.advance(1500);
    remote.exit(0);

    const { isError, fields } = await result();

    const expected = {
      task_id: remote.taskId,
      alias: "build01",
      hash: remote.taskId.split(":")[1],
      exit_code: 0,
      duration_ms: 1500,
      cancelled: false,
      timeout: false,
      target_ip: "192.0.2.9",
      output: "  indented\n\nlast\na warning",
      status: "completed",
    };
    assert.equal(JSON.stringify(fields), JSON.stringify(expected));
    assert.equal(isError, false);
    assert.equal(remote.command, "make test");
  });

  it("gives the exit code of a command that fails, which is no error of ours", async (t) => {
    const { remote, result } = await createRun(await createMcp(t));
    remote.run();
    remote.exit(2);

    const { isError, fields } = await result();

    assert.equal(isError, false);
    assert.equal(fields.exit_code, 2);
    assert.equal(fields.status, "failed");
  });

  it("names the signal that ended a command", async (t) => {
    const { remote, result } = await createRun(await createMcp(t));
    remote.run();
    remote.exit(-1, "SEGV");

    const { fields } = await result();

    assert.equal(fields.exit_code, -1);
    assert.equal(fields.signal, "SEGV");
  });

  it("stops a command after 60 s, and after max_seconds where they are given", async (t) => {
    const harness = await createMcp(t);
    for (const [args, seconds] of [
      [{}, 60],
      [{ max_seconds: "5" }, 5],
    ] as const) {
      const { remote, result } = await createRun(harness, args);
      remote.run();
      await harness.clock.advance(seconds * 1000 - 1);
      assert.equal(remote.climbs.length, 0);
      await harness.clock.advance(1);

      const { isError, fields } = await result();

      assert.equal(isError, false);
      assert.equal(fields.status, "failed");
      assert.equal(fields.exit_code, -1);
      assert.equal(fields.timeout, true);
      assert.equal(fields.cancelled, false);
      assert.equal((fields.receipt as Fields).requested_by, "deadline");
    }
  });

  it("lets a command take its time when max_seconds is 0", async (t) => {
    const harness = await createMcp(t);
    const { remote, result } = await createRun(harness, { max_seconds: 0 });
    remote.run();
    await harness.clock.advance(24 * 3600 * 1000);
    remote.exit(0);

    assert.equal((await result()).fields.exit_code, 0);
  });

  it("is an object and an error when the host can't be reached", async (t) => {
    const { remote, result } = await createRun(await createMcp(t));
    const sentence = "SSH connection refused: Port may be closed or firewall blocking. Check it.";
    remote.failToStart(new TaskError("connectionRefused", sentence));

    const { isError, fields } = await result();

    assert.equal(isError, true);
    assert.equal(fields.exit_code, -1);
    assert.equal(fields.target_ip, "");
    assert.equal(fields.output, sentence);
    assert.equal(fields.error, sentence);
  });

  it("keeps the command's output apart from the error when the connection is lost", async (t) => {
    const harness = await createMcp(t);
    const { remote, result } = await createRun(harness);
    remote.run();
    remote.write("stdout", "half\n");
    remote.onCancel = () => Promise.resolve(reports.gone(harness.clock.now()));
    remote.loseConnection(new TaskError("connectionLost", "The connection was lost."));

    const { isError, fields } = await result();

    assert.equal(isError, true);
    assert.equal(fields.output, "half");
    assert.match(String(fields.error), /^The connection was lost\. .*, verified\./);
    assert.equal((fields.receipt as Fields).requested_by, "connection");
  });

  it("that was cancelled elsewhere says so, with the receipt", async (t) => {
    const { remote, result } = await createRun(await createMcp(t).then(cancelSoon));
    remote.run();

    const { isError, fields } = await result();

    assert.equal(isError, false);
    assert.deepEqual([fields.status, fields.cancelled, fields.exit_code], ["cancelled", true, -1]);
    assert.equal((fields.receipt as Fields).requested_by, "tree");
    assert.match(String(fields.note), /^Verified: /);
  });

  it("whose end nobody saw says what may still run, and is an error", async (t) => {
    const harness = await createMcp(t);
    const { remote, result } = await createRun(harness);
    remote.run();
    remote.onCancel = () => Promise.resolve(reports.unverified("The host is silent."));
    remote.loseConnection(new TaskError("connectionLost", "The connection was lost."));
    await harness.clock.advance(60_000);

    const { isError, fields } = await result();

    assert.equal(isError, true);
    assert.deepEqual([fields.status, fields.cancelled, fields.exit_code], ["lost", false, -1]);
    assert.equal((fields.receipt as Fields).verified, false);
    assert.equal(fields.note, "Not verified: it may still run on build01. The host is silent.");
  });

  it("bounds its output to 1 MiB and states the gap", async (t) => {
    const { remote, result } = await createRun(await createMcp(t));
    remote.run();
    remote.write("stdout", "x".repeat(2 * 1024 * 1024));
    remote.exit(0);

    const { fields } = await result();

    assert.deepEqual(fields.gap, { stream: "stdout", from: 262_144, to: 1_310_720 });
    assert.ok(String(fields.output).length < 1024 * 1024 + 100);
    assert.match(String(fields.output), /\[1048576 bytes of stdout left out here\]/);
  });

  it("says so when its task was cleared away", async (t) => {
    const harness = await createMcp(t, { limits: { maxKept: 0 } });
    const answered = harness.fail("ssh_run", run);
    const remote = await harness.launched(1);
    harness.tasks.onDidChangeTask(({ status }) => {
      if (status === "completed") harness.tasks.clearFinished();
    });
    remote.run();
    remote.exit(0);

    assert.match(await answered, /^Run error: .*cleared.*: build01:/);
  });
});

/** Cancels, from the tree, the first task that runs. */
function cancelSoon(harness: McpHarness): McpHarness {
  harness.tasks.onDidChangeTask(({ id, status }) => {
    if (status !== "running") return;
    void eventually("it runs", () => harness.tasks.getTask(id)).then(() =>
      harness.tasks.cancelTask(id, { requestedBy: "tree", reason: "clicked" }),
    );
  });
  return harness;
}
