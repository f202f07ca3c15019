import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fixedGate } from "../support/gates";
import { createMcp, resultOf, type Fields } from "./createMcp";

const hint =
  "Running commands is not allowed here: start the server with --allow-all, or with --policy FILE.";
const closed = fixedGate({ reason: "policy", hint });

const tools = [
  ["ssh_run", "Run error"],
  ["ssh_run_async", "Async run error"],
] as const;

for (const [tool, prefix] of tools) {
  describe(`what ${tool} does not start`, () => {
    it("is what the gate denies: the answer says so and what to do", async (t) => {
      const { call, hosts, tasks } = await createMcp(t, { gate: closed });

      const result = await call(tool, { alias: " build01 ", command: "uptime\n" });

      assert.equal(result.isError, true);
      assert.equal(
        JSON.stringify(resultOf(result)),
        JSON.stringify({
          status: "denied",
          reason: "policy",
          alias: "build01",
          hash: "dd291cd6294bafef",
          command: "uptime",
          hint,
        }),
      );
      assert.equal(hosts.launched.length, 0);
      assert.deepEqual(tasks.listTasks(), []);
    });

    it("is looked at before the gate", async (t) => {
      const { fail } = await createMcp(t, { gate: closed });

      assert.equal(await fail(tool, { alias: "build01" }), "Error: command is required");
    });

    const name = "contains invalid characters (only alphanumeric, dot, dash, underscore allowed)";
    const refused: [Fields, string][] = [
      [{}, "Error: alias is required"],
      [{ alias: "  ", command: "id" }, "Error: alias is required"],
      [{ alias: "a".repeat(101), command: "id" }, "Error: alias too long (max 100 characters)"],
      [{ alias: "a b", command: "id" }, `Error: alias ${name}`],
      [{ alias: "a:b", command: "id" }, `Error: alias ${name}`],
      [{ alias: "build01", command: " \n" }, "Error: command is required"],
      [
        { alias: "build01", command: "x".repeat(10_001) },
        "Error: command too long (max 10000 characters)",
      ],
      [
        { alias: "build01", command: "a\0b" },
        "Error: command contains invalid characters (null bytes not allowed)",
      ],
      [
        { alias: "build01", command: "a\u001bb" },
        "Error: command contains invalid control characters",
      ],
      [
        { alias: "build01", command: "id", max_seconds: -1 },
        "Error: max_seconds must be a whole number from 0 (no limit) to 2592000 (30 days)",
      ],
      [{ alias: "nowhere", command: "id" }, `${prefix}: Host alias not found: nowhere`],
    ];
    for (const [args, sentence] of refused) {
      it(`is ${JSON.stringify(args).slice(0, 50)}: ${sentence}`, async (t) => {
        const { fail, hosts } = await createMcp(t);

        assert.equal(await fail(tool, args), sentence);
        assert.equal(hosts.launched.length, 0);
      });
    }

    it("is what finds the queue full", async (t) => {
      const { fail, start } = await createMcp(t, { limits: { maxRunning: 1, maxWaiting: 1 } });
      await start();
      await start();

      assert.equal(
        await fail(tool, { alias: "build01", command: "id" }),
        `${prefix}: Too many tasks are waiting (limit 1). Wait for some to end, or cancel some, and start it again.`,
      );
    });

    it("is what comes during shutdown", async (t) => {
      const { fail, tasks } = await createMcp(t);
      void tasks.shutdown();

      const sentence = await fail(tool, { alias: "build01", command: "id" });

      assert.match(sentence, new RegExp(`^${prefix}: SSH Tasks is shutting down`));
    });
  });
}
