import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Fields } from "../createMcp";
import {
  aliasTools,
  blanks,
  cancelTools,
  createContract,
  rocket,
  runTools,
  taskTools,
} from "./createContract";

/** What JavaScript's trim or the eye takes for white space, and Python doesn't. */
const noBlanks = ["\ufeff", "\u200b", "\u2060"];

interface Refusals {
  readonly field: string;
  readonly max: number;
  readonly characters: string;
  readonly illegal: readonly string[];
}

const alias: Refusals = {
  field: "alias",
  max: 100,
  characters: "alphanumeric, dot, dash, underscore",
  illegal: ["a b", "a:b", "a/b", "a@b", "a\nb", "a\0b", "a,b", "*", "\u00e4", "\u0663", "\uff21"],
};
const taskId: Refusals = {
  field: "task_id",
  max: 200,
  characters: "alphanumeric, colon, dash, underscore",
  illegal: ["a b", "a.b", "a/b", "a@b", "a#b", "a\nb", "a\0b", "%41", "\u00e9", "\u0663", "\uff21"],
};

/** Each value, by what is wrong with it, and the sentence about it. */
function refusals({
  field,
  max,
  characters,
  illegal,
}: Refusals): [string, readonly string[] | [undefined], string][] {
  const required = `Error: ${field} is required`;
  const tooLong = `Error: ${field} too long (max ${max} characters)`;
  const invalid = `Error: ${field} contains invalid characters (only ${characters} allowed)`;
  const longest = "a".repeat(max);
  return [
    ["missing", [undefined], required],
    ["empty", [""], required],
    ["white space as Python knows it", [" ", blanks, ...Array.from(blanks)], required],
    [`${max + 1} characters`, [`${longest}a`, `  ${longest}a\t`], tooLong],
    [`${max + 1} characters of two units each`, [rocket.repeat(max + 1)], tooLong],
    [
      `at most ${max} characters of two units each`,
      [rocket.repeat(max - 1), rocket.repeat(max), rocket.repeat(max / 2 + 1)],
      invalid,
    ],
    ["both too long and of illegal characters", [" /".repeat(max)], tooLong],
    ["of illegal characters", illegal, invalid],
    ["next to what only JavaScript trims", noBlanks.map((c) => `${c}a${c}`), invalid],
    ["nothing but what only JavaScript trims", noBlanks, invalid],
  ];
}

describe("an alias", () => {
  for (const [what, values, sentence] of refusals(alias)) {
    it(`that is ${what} is refused by every tool: ${sentence}`, async (t) => {
      const { fail, hosts } = await createContract(t);

      for (const [tool] of aliasTools) {
        for (const value of values) {
          assert.equal(await fail(tool, { alias: value, command: "id" }), sentence, tool);
        }
      }
      assert.equal(hosts.launched.length, 0);
    });
  }

  it("may have every character there is for it, and 100 of them beside white space", async (t) => {
    const { fail } = await createContract(t);
    const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    for (const [tool, prefix] of aliasTools) {
      for (const name of [characters, "a".repeat(99), "a".repeat(100)]) {
        const sentence = await fail(tool, { alias: `${blanks}${name}${blanks}`, command: "id" });

        assert.equal(sentence, `${prefix}: Host alias not found: ${name}`, tool);
      }
    }
  });

  it("is told from another by its case, and named in full, be it an address", async (t) => {
    const { fail } = await createContract(t);

    for (const [tool, prefix] of aliasTools) {
      for (const name of ["BUILD01", "build0", "10.0.0.1", "web1.example.com", "key-password"]) {
        const sentence = await fail(tool, { alias: name, command: "id" });

        assert.equal(sentence, `${prefix}: Host alias not found: ${name}`, tool);
      }
    }
  });

  it("is found and echoed without the white space around it", async (t) => {
    const { ask } = await createContract(t);
    const args = { alias: `${blanks}web.example.com${blanks}`, command: "id" };

    assert.equal((await ask("ssh_describe_host", args)).alias, "web.example.com");
    assert.equal((await ask("ssh_run_async", args)).alias, "web.example.com");
  });

  it("is looked at before the command", async (t) => {
    const { fail } = await createContract(t);
    const commands = [undefined, "", "a\0b", "x".repeat(10_001)];

    for (const tool of runTools) {
      for (const command of commands) {
        assert.equal(await fail(tool, { command }), "Error: alias is required");
        assert.match(await fail(tool, { alias: "a b", command }), /^Error: alias contains/);
      }
    }
  });
});

describe("a task_id", () => {
  for (const [what, values, sentence] of refusals(taskId)) {
    it(`that is ${what} is refused by every tool: ${sentence}`, async (t) => {
      const { fail } = await createContract(t);

      for (const tool of taskTools) {
        for (const value of values) {
          assert.equal(await fail(tool, { task_id: value }), sentence, tool);
        }
      }
    });
  }

  it("may have every character there is for it, and 200 of them beside white space", async (t) => {
    const harness = await createContract(t);
    const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_-";

    for (const id of [characters, "a", ":::", "a".repeat(199), "a".repeat(200)]) {
      const args = { task_id: `${blanks}${id}${blanks}` };

      assert.deepEqual(await sayOf(harness, args), {
        ssh_get_task_status: `Error: Task not found: ${id}`,
        ssh_get_task_output: `Error: Task not found or no output available: ${id}`,
        ssh_get_task_result: `Error: Task not found or expired: ${id}`,
        ssh_cancel: id,
        ssh_cancel_async_task: id,
      });
    }
  });

  it("is found and echoed without the white space around it, and told from another by its case", async (t) => {
    const { ask, fail, startRunning } = await createContract(t);
    const { task, remote } = await startRunning();
    remote.exit(0);

    for (const tool of taskTools) {
      const answer = await ask(tool, { task_id: `${blanks}${task.id}${blanks}` });
      assert.equal(answer.task_id, task.id, tool);
    }
    const other = task.id.toUpperCase();
    assert.equal(
      await fail("ssh_get_task_status", { task_id: other }),
      `Error: Task not found: ${other}`,
    );
    assert.equal((await ask("ssh_cancel", { task_id: other })).status, "unknown");
  });

  it("is looked at before every other argument", async (t) => {
    const { fail } = await createContract(t);
    const required = "Error: task_id is required";

    assert.equal(await fail("ssh_get_task_output", { task_id: " ", max_lines: 0 }), required);
    for (const tool of cancelTools) assert.equal(await fail(tool, { grace_seconds: 31 }), required);
  });
});

/** What each tool says: the sentence of its error, or the id that its answer is about. */
async function sayOf(
  { ask, fail }: Awaited<ReturnType<typeof createContract>>,
  args: Fields,
): Promise<Fields> {
  const said: Fields = {};
  for (const tool of taskTools) {
    const cancels = cancelTools.some((name) => name === tool);
    said[tool] = cancels ? (await ask(tool, args)).task_id : await fail(tool, args);
  }
  return said;
}
