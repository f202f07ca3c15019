import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMcp, type Fields } from "../createMcp";

const tool = "ssh_get_task_output";

describe("ssh_get_task_output", () => {
  it("gives the last lines while the command runs: stdout, then stderr", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.write("stderr", "warning\n");
    remote.write("stdout", "  one\ntwo\nthr");

    const output = await ask(tool, { task_id: task.id });

    const expected = {
      task_id: task.id,
      output_lines: ["  one", "two", "thr", "warning"],
      total_lines: 4,
      has_more: false,
      cursor: "13:8",
    };
    assert.equal(JSON.stringify(output), JSON.stringify(expected));
  });

  it("grows with the output", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    const before = await ask(tool, { task_id: task.id });
    remote.write("stdout", "new\n");

    const after = await ask(tool, { task_id: task.id });

    assert.deepEqual([before.output_lines, before.total_lines], [[], 0]);
    assert.deepEqual([after.output_lines, after.total_lines], [["new"], 1]);
  });

  const limits: [Fields, number][] = [
    [{}, 50],
    [{ max_lines: 1 }, 1],
    [{ max_lines: "3" }, 3],
    [{ max_lines: 1000 }, 1000],
  ];
  for (const [args, count] of limits) {
    it(`gives ${count} of 2000 lines for ${JSON.stringify(args)}, and says there are more`, async (t) => {
      const { ask, startRunning } = await createMcp(t);
      const { task, remote } = await startRunning();
      remote.write("stdout", Array.from({ length: 2000 }, (_, i) => `${i + 1}\n`).join(""));
      remote.exit(0);

      const output = await ask(tool, { task_id: task.id, ...args });

      const lines = output.output_lines as string[];
      assert.equal(lines.length, count);
      assert.equal(lines.at(-1), "2000");
      assert.deepEqual([output.total_lines, output.has_more], [2000, true]);
    });
  }

  it("gives nothing of a task that is no longer kept, or never was", async (t) => {
    const { fail, startRunning, clock } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.write("stdout", "x");
    remote.exit(0);
    await clock.advance(3600_000);

    for (const id of [task.id, "none"]) {
      assert.equal(
        await fail(tool, { task_id: id }),
        `Error: Task not found or no output available: ${id}`,
      );
    }
  });

  const range = "Error: max_lines must be between 1 and 1000";
  const refused: [Fields, string][] = [
    [{ task_id: "a", max_lines: 0 }, range],
    [{ task_id: "a", max_lines: 1001 }, range],
    [{ task_id: "a", max_lines: "-5" }, range],
    [{ max_lines: 0 }, "Error: task_id is required"],
  ];
  for (const [args, sentence] of refused) {
    it(`refuses ${JSON.stringify(args)}: ${sentence}`, async (t) => {
      const { fail } = await createMcp(t);

      assert.equal(await fail(tool, args), sentence);
    });
  }
});

describe("ssh_get_task_output with a cursor", () => {
  it("gives what came after it, stream by stream, and where to go on", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.write("stdout", "one\n");
    const { cursor } = await ask(tool, { task_id: task.id });
    remote.write("stdout", "two\n");
    remote.write("stderr", "\x1b[31mwarning\r\n");

    const output = await ask(tool, { task_id: task.id, cursor });

    const expected = {
      task_id: task.id,
      stdout: "two\n",
      stderr: "␛[31mwarning\n",
      cursor: "8:14",
      has_more: false,
    };
    assert.equal(JSON.stringify(output), JSON.stringify(expected));
  });

  it("gives one stream alone, and leaves the other where it was", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning();
    remote.write("stdout", "out\n");
    remote.write("stderr", "err\n");

    const args = { task_id: task.id, cursor: "0:0", stream: "stderr" };
    const { stdout, stderr, cursor } = await ask(tool, args);

    assert.deepEqual([stdout, stderr, cursor], [undefined, "err\n", "0:4"]);
  });

  it("gives at most max_bytes, says there is more, and what is no longer kept", async (t) => {
    const { ask, startRunning } = await createMcp(t);
    const { task, remote } = await startRunning({ durable: true });
    remote.drop("stdout", 1000);
    remote.write("stdout", "x".repeat(100));

    const output = await ask(tool, { task_id: task.id, cursor: "0:0", max_bytes: 40 });

    assert.equal(output.stdout, "x".repeat(40));
    assert.deepEqual([output.has_more, output.cursor], [true, "1040:0"]);
    assert.deepEqual(output.gap, { stream: "stdout", from: 0, to: 1000 });
  });

  for (const [args, sentence] of [
    [{ cursor: "7" }, "Error: cursor is not one that an earlier answer gave"],
    [{ max_bytes: 0 }, "Error: max_bytes must be between 1 and 1048576"],
    [{ stream: "both" }, "Error: stream must be stdout or stderr, or empty for both"],
  ] as [Fields, string][]) {
    it(`says what is wrong with ${JSON.stringify(args)}`, async (t) => {
      const { fail, startRunning } = await createMcp(t);
      const { task } = await startRunning();

      assert.equal(await fail(tool, { task_id: task.id, ...args }), sentence);
    });
  }
});
