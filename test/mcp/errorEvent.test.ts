import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { TaskError } from "../../src/tasks/taskError";
import { createMcp, type Fields } from "./createMcp";

const unreadable = "The ssh config can't be read. Correct it.";

/** A client that hears everything, on a configuration that can't be read. */
async function createBroken(t: TestContext) {
  const mcp = await createMcp(t);
  const heard: string[] = [];
  mcp.client.fallbackNotificationHandler = ({ params }) =>
    Promise.resolve(void heard.push(`${String(params?.level)} ${String(params?.data)}`));
  await mcp.client.setLoggingLevel("debug");
  mcp.catalog.failure = new TaskError("configUnreadable", unreadable);
  /** The messages about a call of the tool that say it failed. */
  const errors = async (tool: string, args: Fields): Promise<string[]> => {
    heard.length = 0;
    await mcp.call(tool, args);
    await mcp.client.ping();
    return heard.filter((line) => line.includes("_error"));
  };
  return { ...mcp, errors };
}

describe("a client is told of a call that failed", () => {
  const failing: [string, Fields, string][] = [
    [
      "ssh_run",
      { alias: " build01 ", command: "uptime\n" },
      '"alias":"build01","hash":"dd291cd6294bafef",',
    ],
    ["ssh_run_on_tag", { tag: "web", command: "uptime" }, '"tag":"web",'],
    ["ssh_reload_config", {}, ""],
  ];
  for (const [tool, args, fields] of failing) {
    it(`of ${tool}, with what it was about and no command`, async (t) => {
      const { errors } = await createBroken(t);

      assert.deepEqual(await errors(tool, args), [
        `debug {"event":"${tool}_error",${fields}"error":"${unreadable}"}`,
      ]);
    });
  }

  it("and of none whose arguments were wrong, or that tells nothing anyway", async (t) => {
    const { errors } = await createBroken(t);

    assert.deepEqual(await errors("ssh_run", { alias: "a b", command: "id" }), []);
    assert.deepEqual(await errors("ssh_list_hosts", {}), []);
    assert.deepEqual(await errors("ssh_cancel", { task_id: "" }), []);
  });
});
