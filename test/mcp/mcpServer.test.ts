import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nameClient } from "../../src/mcp/mcpServer";
import { tools } from "../../src/mcp/tools";
import { createMcp, textOf } from "./createMcp";

describe("an MCP session", () => {
  it("tells the client who serves it and how to use it", async (t) => {
    const { client } = await createMcp(t);

    const info = client.getServerVersion();
    const instructions = client.getInstructions() ?? "";

    assert.deepEqual(info, { name: "ssh-tasks", title: "SSH Tasks", version: "1.2.3" });
    assert.deepEqual(client.getServerCapabilities(), {
      tools: {},
      resources: { subscribe: true, listChanged: true },
      prompts: {},
      completions: {},
      logging: {},
    });
    for (const name of instructions.match(/ssh_[a-z_]+/g) ?? []) {
      assert.ok(
        tools.some((tool) => tool.name === name),
        `${name} is mentioned`,
      );
    }
    assert.match(instructions, /only ssh_cancel_async_task or ssh_cancel ends it/);
  });

  it("answers a call of an unknown tool with an error that says where the known ones are", async (t) => {
    const { call } = await createMcp(t);

    for (const name of ["ssh_nothing", "__proto__", "constructor"]) {
      const result = await call(name);

      assert.equal(result.isError, true);
      assert.equal(
        textOf(result),
        `Unknown tool: ${name}. Call tools/list for the tools there are.`,
      );
    }
  });

  it("runs what a client starts in the name of that client", async (t) => {
    const { connect, tasks, hosts } = await createMcp(t);
    const other = await connect("other/1.0");

    await other.callTool({ name: "ssh_run_async", arguments: { alias: "build01", command: "id" } });

    assert.equal(tasks.getTask(hosts.last.taskId)?.startedBy, "agent:other/1.0");
  });

  it("keeps commands, output and token out of the log", async (t) => {
    const { ask, call, log, launched, endpoint } = await createMcp(t);
    const running = call("ssh_run", { alias: "build01", command: "echo sesame" });
    const remote = await launched(1);
    remote.run();
    remote.write("stdout", "open wide\n");
    remote.exit(0);
    await running;
    await ask("ssh_get_task_output", { task_id: remote.taskId });
    await call("ssh_run", { alias: "build01", command: "sesame\0" });
    await call("ssh_run", { alias: 5, command: ["sesame"] });

    const lines = log.join("\n");

    assert.match(lines, /ssh_run called by agent:test client: answered/);
    assert.match(lines, /ssh_run called by agent:test client: failed: invalidRequest/);
    assert.match(lines, /ssh_run called by agent:test client: wrong arguments/);
    assert.doesNotMatch(lines, /sesame|open wide/);
    assert.ok(!lines.includes(endpoint.token));
  });
});

describe("the name of a client", () => {
  const rows: [string | undefined, string][] = [
    ["Visual Studio Code", "agent:Visual Studio Code"],
    ["code-server/1.139.1", "agent:code-server/1.139.1"],
    ["evil\nname\u001b[31m", "agent:evil_name__31m"],
    ["x".repeat(100), `agent:${"x".repeat(60)}`],
    ["  ", "agent:unknown"],
    [undefined, "agent:unknown"],
  ];
  for (const [name, expected] of rows) {
    it(`${JSON.stringify(name)} becomes ${expected.slice(0, 40)}`, () => {
      assert.equal(nameClient(name), expected);
    });
  }
});
