import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { McpHarness } from "../createMcp";
import { blanks, createQuickContract, rocket, runTools } from "./createContract";

const required = "Error: command is required";
const tooLong = "Error: command too long (max 10000 characters)";
const nullBytes = "Error: command contains invalid characters (null bytes not allowed)";
const control = "Error: command contains invalid control characters";

const refused: [string, (string | undefined)[], string][] = [
  ["missing", [undefined], required],
  ["empty", [""], required],
  ["white space as Python knows it", [" ", blanks, ...Array.from(blanks)], required],
  [
    "10,001 characters",
    ["x".repeat(10_001), `  ${"x".repeat(10_001)}`, rocket.repeat(10_001)],
    tooLong,
  ],
  ["both too long and of control characters", ["a\0\x01".repeat(4000)], tooLong],
  ["of a null byte", ["a\0b", "\0", "a\0", " \0a"], nullBytes],
  ["of a null byte and other control characters", ["a\x01\0b", "a\0\x01b"], nullBytes],
];

describe("a command", () => {
  for (const [what, commands, sentence] of refused) {
    it(`that is ${what} is refused: ${sentence}`, async (t) => {
      const { fail, hosts } = await createQuickContract(t);

      for (const tool of runTools) {
        for (const command of commands) {
          assert.equal(await fail(tool, { alias: "build01", command }), sentence, tool);
        }
      }
      assert.equal(hosts.launched.length, 0);
    });
  }

  for (let code = 1; code < 0x20; code++) {
    const character = String.fromCharCode(code);
    const name = `U+${code.toString(16).padStart(4, "0").toUpperCase()}`;
    if ("\t\n\r".includes(character)) {
      it(`may hold ${name}`, async (t) => {
        await assertRuns(await createQuickContract(t), `a${character}b`);
      });
    } else {
      it(`may not hold ${name}`, async (t) => {
        const { fail, hosts } = await createQuickContract(t);

        for (const tool of runTools) {
          const args = { alias: "build01", command: `a${character}b` };
          assert.equal(await fail(tool, args), control, tool);
        }
        assert.equal(hosts.launched.length, 0);
      });
    }
  }

  it("may hold DEL and all that comes after it", async (t) => {
    await assertRuns(await createQuickContract(t), "a\x7f\x80\x9f\u00e9\u2028\ufeff\u{10ffff}b");
  });

  it("may have 10,000 characters, whatever units or bytes they take", async (t) => {
    const harness = await createQuickContract(t);

    for (const command of ["x".repeat(9999), "x".repeat(10_000), rocket.repeat(10_000)]) {
      await assertRuns(harness, command);
    }
  });

  it("runs and is echoed without the white space around it, and is hashed so", async (t) => {
    const { ask, hosts } = await createQuickContract(t);

    for (const tool of runTools) {
      const answer = await ask(tool, { alias: "build01", command: `${blanks}uptime${blanks}` });

      assert.equal(hosts.last.command, "uptime", tool);
      assert.equal(answer.hash, "dd291cd6294bafef", tool);
    }
    const padded = { alias: "build01", command: " a  b \ufeff" };
    assert.equal((await ask("ssh_run_async", padded)).command, "a  b \ufeff");
  });

  it("is shown as the host gets it, half characters as U+FFFD", async (t) => {
    const { ask, hosts } = await createQuickContract(t);

    const args = { alias: "build01", command: `echo \ud83d ${rocket}\udc00` };
    const { command } = await ask("ssh_run_async", args);

    assert.equal(command, `echo \ufffd ${rocket}\ufffd`);
    assert.equal(hosts.last.command, command);
  });

  it("is looked at before max_seconds, and both before the host", async (t) => {
    const { fail } = await createQuickContract(t);

    for (const tool of runTools) {
      const where = { alias: "nowhere", max_seconds: -1 };
      assert.equal(await fail(tool, where), required);
      assert.match(await fail(tool, { ...where, command: "id" }), /^Error: max_seconds must be/);
    }
  });
});

/** Both tools take the command as it is. */
async function assertRuns({ ask, hosts }: McpHarness, command: string): Promise<void> {
  for (const tool of runTools) {
    await ask(tool, { alias: "build01", command });
    assert.equal(hosts.last.command, command, tool);
  }
  const { command: echoed } = await ask("ssh_run_async", { alias: "build01", command });
  assert.equal(echoed, command);
}
