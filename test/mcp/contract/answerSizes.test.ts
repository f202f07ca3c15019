import { fixedGate } from "../../support/gates";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { Fields, McpHarness } from "../createMcp";
import {
  allTools,
  aliasTools,
  cancelTools,
  createContract,
  createQuickContract,
  rocket,
  runTools,
} from "./createContract";

const MiB = 1024 * 1024;
const KiB = 1024;

/** Output of which an answer as JSON takes more bytes than the command wrote. */
const outputs: [string, Buffer][] = [
  ["plain", Buffer.alloc(6 * MiB, "x")],
  ["of short lines", Buffer.alloc(6 * MiB, "a\n")],
  ["of characters of four bytes", Buffer.alloc(6 * MiB, rocket)],
  ["no UTF-8", Buffer.alloc(6 * MiB, 0xff)],
  ["of null bytes", Buffer.alloc(6 * MiB)],
  ["of quotes and backslashes", Buffer.alloc(6 * MiB, '"\\')],
  [
    "plain at its start and of null bytes at its end",
    Buffer.concat([Buffer.alloc(5 * MiB, "x"), Buffer.alloc(MiB / 8)]),
  ],
];

describe("an answer is at most 1 MiB and 64 KiB, and says that there was more, when the output is", () => {
  for (const [what, bytes] of outputs) {
    it(what, { timeout: 30_000 }, async (t) => {
      const harness = await createContract(t);
      harness.hosts.onLaunch = (remote) => {
        remote.run();
        remote.write("stdout", bytes);
        remote.write("stderr", bytes);
        remote.exit(0);
      };

      const run = await harness.call("ssh_run", { alias: "build01", command: "cat" });
      const { task_id, gap } = assertBounded(run);
      const result = await harness.call("ssh_get_task_result", { task_id });
      const lines = await harness.call("ssh_get_task_output", { task_id, max_lines: 1000 });

      assert.ok(gap);
      assert.deepEqual(assertBounded(result).gap, gap);
      assert.equal(assertBounded(lines).has_more, true);
    });
  }

  it("one line without an end, of a command that still runs", async (t) => {
    const { call, startRunning } = await createContract(t);
    const { task, remote } = await startRunning();
    remote.write("stdout", Buffer.alloc(6 * MiB, "x"));

    const answer = await call("ssh_get_task_output", { task_id: task.id, max_lines: 1 });

    const { output_lines, total_lines, has_more } = assertBounded(answer);
    assert.equal((output_lines as string[])[0]?.length, MiB);
    assert.deepEqual([total_lines, has_more], [1, true]);
  });
});

describe("an answer holds as much output as it may", () => {
  it("1 MiB where a byte takes one byte", async (t) => {
    const { text, bytes } = await resultOfOutput(t, Buffer.alloc(6 * MiB, "x"));

    assert.ok(text.length > MiB && bytes < MiB + KiB);
  });

  it("and more than half as much as JSON where it takes six", async (t) => {
    const { bytes } = await resultOfOutput(t, Buffer.alloc(6 * MiB));

    assert.ok(bytes > MiB / 2, `${bytes} bytes`);
  });

  it("all of 1 MiB, without a gap", async (t) => {
    const { text } = await resultOfOutput(t, Buffer.alloc(MiB, "x"));

    assert.equal(text, "x".repeat(MiB));
  });
});

/** Legal arguments, and others, as long as a request may be. */
const longest: Fields = {
  alias: "a".repeat(100),
  task_id: "a".repeat(200),
  command: rocket.repeat(10_000),
  reason: rocket.repeat(50_000),
  unknown: rocket.repeat(10_000),
};

describe("what a caller sends comes back bounded", () => {
  it("from every tool, for the longest legal arguments", async (t) => {
    const harness = await createContract(t);

    for (const [tool] of allTools) assertSmall(await harness.call(tool, longest), 64 * KiB);
  });

  it("from every tool, for longer ones than are legal", async (t) => {
    const harness = await createContract(t);
    const names = ["alias", "task_id", "command", "status", "max_lines", "limit", "grace_seconds"];

    for (const name of names) {
      const args = { ...longest, [name]: "\u0001".repeat(100_000) };
      for (const [tool] of allTools) assertSmall(await harness.call(tool, args), 64 * KiB);
    }
    assertSmall(await harness.call(rocket.repeat(100_000)), KiB);
  });

  const echoes = [rocket, '"', "\\", "\n-", "\u2028", "\ud800", "\x7f", "\x9f", "e\u0301"];
  for (const character of echoes) {
    it(`as a command of 10,000 times ${JSON.stringify(character)}`, async (t) => {
      const harness = await createQuickContract(t, { aliases: [longest.alias as string] });
      const command = `a${Array.from(character.repeat(9998)).slice(0, 9998).join("")}b`;

      for (const tool of runTools) {
        const answer = await harness.call(tool, { ...longest, command });

        assert.equal(answer.isError, false);
        assertSmall(answer, 64 * KiB);
        const { task_id } = (answer.structuredContent as { result: Fields }).result;
        assertSmall(await harness.call("ssh_get_task_status", { task_id }), 4 * KiB);
        assertSmall(await harness.call("ssh_list_tasks"), 8 * KiB);
      }
    });
  }

  it("as a denial", async (t) => {
    const gate = fixedGate({ reason: "policy", hint: "Start the server with --allow-all." });
    const harness = await createContract(t, { gate });

    for (const tool of runTools) assertSmall(await harness.call(tool, longest), 64 * KiB);
  });

  it("as a reason, which the receipt keeps to 200 characters", async (t) => {
    const { call, startRunning } = await createContract(t);

    for (const tool of cancelTools) {
      const { task } = await startRunning();
      assertSmall(await call(tool, { ...longest, task_id: task.id }), 4 * KiB);
    }
  });

  it("as an alias that there is not", async (t) => {
    const harness = await createContract(t);

    for (const [tool] of aliasTools) assertSmall(await harness.call(tool, longest), KiB);
  });

  it("as 200 listed tasks with the longest commands", async (t) => {
    const alias = longest.alias as string;
    const harness = await createContract(t, { aliases: [alias], limits: { maxWaiting: 300 } });
    for (let i = 0; i < 200; i++) await harness.start({ alias, command: rocket.repeat(10_000) });

    assertSmall(await harness.call("ssh_list_tasks", { limit: 200 }), 300 * KiB);
  });
});

async function resultOfOutput(
  t: Parameters<typeof createContract>[0],
  bytes: Buffer,
): Promise<{ text: string; bytes: number }> {
  const { call, startRunning }: McpHarness = await createContract(t);
  const { task, remote } = await startRunning();
  remote.write("stdout", bytes);
  remote.exit(0);
  const answer = await call("ssh_get_task_result", { task_id: task.id });
  return { text: assertBounded(answer).output as string, bytes: sizeOf(answer) };
}

function assertBounded(answer: CallToolResult): Fields {
  assertSmall(answer, MiB + 64 * KiB);
  return (answer.structuredContent as { result: Fields }).result;
}

function assertSmall(answer: CallToolResult, max: number): void {
  const size = sizeOf(answer);
  assert.ok(size <= max, `${size} bytes, and not at most ${max}`);
}

/** Bytes of the answer as text, which has all that the answer has. */
function sizeOf({ content: [content] }: CallToolResult): number {
  assert.ok(content?.type === "text");
  return Buffer.byteLength(content.text);
}
