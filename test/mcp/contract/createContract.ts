import type { TestContext } from "node:test";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { createMcp, type CreateMcpOptions, type Fields, type McpHarness } from "../createMcp";

/** One character, two UTF-16 units, four UTF-8 bytes. */
export const rocket = "\u{1f680}";
/** What Python's str.strip takes, some of which JavaScript's trim leaves. */
export const blanks = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2003\u2028\u3000";

/** The tools that take a host's alias, and how the sentence begins when there is no such host. */
export const aliasTools = [
  ["ssh_describe_host", "Error"],
  ["ssh_run", "Run error"],
  ["ssh_run_async", "Async run error"],
] as const;

export const runTools = ["ssh_run", "ssh_run_async"] as const;
export const cancelTools = ["ssh_cancel", "ssh_cancel_async_task"] as const;
export const taskTools = [
  "ssh_get_task_status",
  "ssh_get_task_output",
  "ssh_get_task_result",
  ...cancelTools,
] as const;

/** Every tool, with arguments that are right for it. */
export const allTools: readonly (readonly [string, Fields])[] = [
  ["ssh_ping", {}],
  ["ssh_list_hosts", {}],
  ["ssh_list_tasks", {}],
  ["ssh_describe_host", { alias: "build01" }],
  ...runTools.map((tool) => [tool, { alias: "build01", command: "id" }] as const),
  ...taskTools.map((tool) => [tool, { task_id: "none" }] as const),
];

/** As createMcp, with a client that knows the output schemas, so that the SDK holds every answer against its tool's. */
export async function createContract(
  t: TestContext,
  options?: CreateMcpOptions,
): Promise<McpHarness> {
  const harness = await createMcp(t, options);
  await harness.client.listTools();
  return harness;
}

/** As createContract, on hosts where every command ends at once. */
export async function createQuickContract(
  t: TestContext,
  options?: CreateMcpOptions,
): Promise<McpHarness> {
  const harness = await createContract(t, options);
  harness.hosts.onLaunch = (remote) => {
    remote.run();
    remote.exit(0);
  };
  return harness;
}

/** Sends what the harness's `call` has no type for. */
export function callWith(
  { client }: McpHarness,
  name: string,
  args: unknown,
): Promise<CallToolResult> {
  return client.callTool({ name, arguments: args as Fields }) as Promise<CallToolResult>;
}
