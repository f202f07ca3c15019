import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textOf, type Fields } from "../createMcp";
import {
  aliasTools,
  allTools,
  callWith,
  cancelTools,
  createContract,
  createQuickContract,
  runTools,
  taskTools,
} from "./createContract";

const noText = [1, 0, 1.5, true, false, null, {}, [], ["a"], { id: "a" }];
const noNumber = [
  null,
  true,
  {},
  [],
  [5],
  "",
  " ",
  "five",
  "NaN",
  "Infinity",
  "1e3",
  "0x10",
  "1,5",
];
const noWholeNumber = [...noNumber, 1.5, "1.5", 1e-300, "1_0", "\u0663", "9".repeat(400)];
const noFlag = [null, 0, 1, "true", "false", "", {}, []];

const all = { alias: "build01", command: "id", task_id: "none" };

/** Of each parameter: the tools that have it, and values of another type. */
const parameters: [string, readonly string[], readonly unknown[]][] = [
  ["alias", [...aliasTools.map(([tool]) => tool), "ssh_list_tasks"], noText],
  ["command", runTools, noText],
  ["task_id", taskTools, noText],
  ["reason", cancelTools, noText],
  ["status", ["ssh_list_tasks"], noText],
  ["max_lines", ["ssh_get_task_output"], noWholeNumber],
  ["max_seconds", runTools, noWholeNumber],
  ["limit", ["ssh_list_tasks"], noWholeNumber],
  ["grace_seconds", cancelTools, noNumber],
  ["force", cancelTools, noFlag],
];

describe("an argument of the wrong JSON type", () => {
  for (const [name, tools, values] of parameters) {
    it(`is refused for ${name}, with the tool's name and no answer of the tool`, async (t) => {
      const { call, hosts } = await createContract(t);

      for (const tool of tools) {
        for (const value of values) {
          const result = await call(tool, { ...all, [name]: value });

          const [first, problem] = textOf(result).split("\n");
          const what = `${tool} ${JSON.stringify(value)}`;
          assert.equal(result.isError, true, what);
          assert.equal(
            first,
            `Error executing tool ${tool}: 1 validation error for ${tool}Arguments`,
            what,
          );
          assert.ok(problem?.startsWith(`${name}: `), what);
        }
      }
      assert.equal(hosts.launched.length, 0);
    });
  }

  it("is not quoted, whatever it is", async (t) => {
    const { call } = await createContract(t);
    const secrets = ["sesame", { sesame: "sesame" }, ["sesame"]];

    for (const secret of secrets.slice(1)) {
      assert.doesNotMatch(textOf(await call("ssh_run", { alias: secret })), /sesame/);
    }
    const lines = await call("ssh_get_task_output", { max_lines: "sesame" });
    assert.doesNotMatch(textOf(lines), /sesame/);
  });
});

describe("max_lines", () => {
  const range = "Error: max_lines must be between 1 and 1000";

  for (const taken of [1, 1.0, 2, 999, 1000, "1", " 1000 ", "+5", "7.0", undefined]) {
    it(`may be ${JSON.stringify(taken)}`, async (t) => {
      const { fail } = await createContract(t);

      assert.equal(
        await fail("ssh_get_task_output", { task_id: "none", max_lines: taken }),
        "Error: Task not found or no output available: none",
      );
    });
  }

  for (const refused of [0, -0, -1, 1001, 2 ** 31, 2 ** 53, 1e300, -1e300, "0", "-1", "1001"]) {
    it(`may not be ${JSON.stringify(refused)}: ${range}`, async (t) => {
      const { fail, start } = await createContract(t);
      const { id } = await start();

      for (const task_id of [id, "none"]) {
        assert.equal(await fail("ssh_get_task_output", { task_id, max_lines: refused }), range);
      }
    });
  }
});

describe("arguments", () => {
  it("that are missing, null or empty are the same to every tool", async (t) => {
    const harness = await createContract(t);

    for (const [tool] of allTools) {
      const given = await callWith(harness, tool, {});

      assert.ok(given.structuredContent, tool);
      assert.deepEqual(await callWith(harness, tool, undefined), given, tool);
      assert.deepEqual(await callWith(harness, tool, null), given, tool);
    }
  });

  for (const args of [[], ["build01"], "build01", 5, true]) {
    it(`that are ${JSON.stringify(args)} are no request of the protocol`, async (t) => {
      const harness = await createContract(t);

      await assert.rejects(callWith(harness, "ssh_ping", args), { name: "McpError" });
    });
  }

  it("that a tool does not know change nothing", async (t) => {
    const unknown = JSON.parse(
      '{"verbose":true,"__proto__":{"alias":"x"},"constructor":1,"toString":null,"Alias":5,"":[]}',
    ) as Fields;

    for (const [tool, args] of allTools) {
      const [plain, more] = await Promise.all([createQuickContract(t), createQuickContract(t)]);

      assert.deepEqual(
        await more.call(tool, { ...unknown, ...args }),
        await plain.call(tool, args),
      );
    }
  });
});

describe("a tool that there is not", () => {
  for (const name of ["ssh_nothing", "", "SSH_PING", "ssh_ping ", "toString", "__proto__"]) {
    it(`called ${JSON.stringify(name)} is said to be unknown`, async (t) => {
      const { call } = await createContract(t);

      const result = await call(name, { task_id: "none" });

      assert.equal(result.isError, true);
      assert.equal(
        textOf(result),
        `Unknown tool: ${name}. Call tools/list for the tools there are.`,
      );
    });
  }

  it("is quoted up to 100 characters, none of them cut", async (t) => {
    const { call } = await createContract(t);

    const text = textOf(await call(`a${"\u{1f680}".repeat(5000)}`));

    assert.equal(
      text,
      `Unknown tool: a${"\u{1f680}".repeat(99)}. Call tools/list for the tools there are.`,
    );
  });

  it("can't be called without a name", async (t) => {
    const { client } = await createContract(t);
    const send = client.callTool.bind(client) as (params: unknown) => Promise<unknown>;

    for (const params of [{}, { name: null }, { name: 5 }, { name: ["ssh_ping"] }]) {
      await assert.rejects(send(params), { name: "McpError" });
    }
  });
});
