import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../src/tasks/taskError";
import { createMcp, textOf, type Fields } from "./createMcp";

describe("a tool call", () => {
  const wrong: [string, Fields, string][] = [
    ["ssh_cancel_async_task", { task_id: null }, "task_id"],
    ["ssh_cancel_async_task", { task_id: 7 }, "task_id"],
    ["ssh_cancel_async_task", { task_id: {} }, "task_id"],
    ["ssh_cancel", { task_id: "a", force: "yes" }, "force"],
    ["ssh_cancel", { task_id: "a", grace_seconds: "soon" }, "grace_seconds"],
    ["ssh_run", { alias: "build01", command: null }, "command"],
    ["ssh_run", { alias: "build01", command: "id", max_seconds: 1.5 }, "max_seconds"],
    ["ssh_get_task_output", { task_id: "a", max_lines: null }, "max_lines"],
    ["ssh_get_task_output", { task_id: "a", max_lines: "2.5" }, "max_lines"],
    ["ssh_get_task_output", { task_id: "a", max_lines: "many" }, "max_lines"],
  ];
  for (const [tool, args, field] of wrong) {
    it(`of ${tool} with ${JSON.stringify(args)} is refused, naming ${field}`, async (t) => {
      const { call, hosts } = await createMcp(t);

      const result = await call(tool, args);

      assert.equal(result.isError, true);
      const [first, problem, next] = textOf(result).split("\n");
      assert.equal(first, `Error executing tool ${tool}: 1 validation error for ${tool}Arguments`);
      assert.match(problem ?? "", new RegExp(`^${field}: `));
      assert.match(next ?? "", /^Send arguments of the types in the tool's input schema/);
      assert.equal(hosts.launched.length, 0);
    });
  }

  it("names every wrong argument", async (t) => {
    const { call } = await createMcp(t);

    const text = textOf(await call("ssh_run", { alias: 1, command: 2 }));

    assert.match(text, /^Error executing tool ssh_run: 2 validation errors for ssh_runArguments\n/);
    assert.match(text, /\nalias: .*\ncommand: /);
  });

  it("ignores arguments it does not know", async (t) => {
    const { ask } = await createMcp(t);

    assert.deepEqual(await ask("ssh_ping", { verbose: true }), { status: "pong" });
  });

  it("needs no arguments at all to be answered", async (t) => {
    const { client } = await createMcp(t);

    const result = await client.callTool({ name: "ssh_run" });

    assert.deepEqual(result.structuredContent, { result: "Error: alias is required" });
  });

  it("hides an unexpected failure from the agent and shows it in the log", async (t) => {
    const { fail, catalog, log } = await createMcp(t);
    catalog.failure = new TypeError("ENOENT /home/me/.ssh/secret");

    const sentence = await fail("ssh_run", { alias: "build01", command: "id" });

    assert.equal(
      sentence,
      "Run error: Something went wrong inside SSH Tasks. Its log says what; try again.",
    );
    assert.ok(log.some((line) => /^error: ssh_run failed: TypeError: ENOENT/.test(line)));
  });

  it("that fails for a reason that is known is one line of the log, with all that the client isn't told", async (t) => {
    const { fail, catalog, log } = await createMcp(t);
    catalog.failure = new TaskError("configUnreadable", "/home/me/.ssh/config can't be read.");
    log.length = 0;

    await fail("ssh_run", { alias: "build01", command: "id" });

    const lines = log.filter((line) => line.includes("ssh_run"));
    assert.deepEqual(lines, [
      "debug: ssh_run called by agent:test client: failed: configUnreadable: /home/me/.ssh/config can't be read.",
    ]);
  });
});
