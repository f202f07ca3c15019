import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { McpEndpoint } from "../../src/mcp/mcpEndpoint";
import { defaultLimits, type Limits } from "../../src/tasks/limits";
import type { RunGate } from "../../src/tasks/runGate";
import { openGate } from "../support/gates";
import {
  createLogger,
  createTasks,
  type CreateTasksOptions,
  type TasksHarness,
} from "../support/createTasks";
import { eventually } from "../support/eventually";
import type { FakeRemoteTask } from "../support/fakeRemoteHost";

export type Fields = Record<string, unknown>;

export interface McpHarness extends TasksHarness {
  readonly endpoint: McpEndpoint;
  readonly client: Client;
  /** A further client with a session of its own. */
  readonly connect: (name?: string) => Promise<Client>;
  readonly call: (tool: string, args?: Fields, signal?: AbortSignal) => Promise<CallToolResult>;
  /** What the tool says, which is an object and no error. */
  readonly ask: (tool: string, args?: Fields) => Promise<Fields>;
  /** What the tool says, which is an error in one sentence. */
  readonly fail: (tool: string, args?: Fields) => Promise<string>;
  /** Resolves with the task that the n-th start launched on its host. */
  readonly launched: (count: number) => Promise<FakeRemoteTask>;
}

export interface CreateMcpOptions extends CreateTasksOptions {
  readonly gate?: RunGate;
  /** Where they differ from the default; the test may change them while the endpoint runs. */
  readonly mcpLimits?: Partial<Limits>;
}

/** A real client and a real endpoint over HTTP, on a TaskManager whose hosts and time the test drives; ends with the test. */
export async function createMcp(
  t: TestContext,
  options: CreateMcpOptions = {},
): Promise<McpHarness> {
  const { close, ...harness } = await openMcp(options);
  t.after(close);
  return harness;
}

/** The same, for whoever ends it. */
export async function openMcp(
  options: CreateMcpOptions = {},
): Promise<McpHarness & { readonly close: () => Promise<void> }> {
  const harness = createTasks(options);
  const endpoint = await McpEndpoint.start({
    ...harness,
    gate: options.gate ?? openGate,
    logger: createLogger(harness.log),
    version: "1.2.3",
    limits: withDefaults(options.mcpLimits ?? {}),
  });
  const clients: Client[] = [];
  const connect = async (name = "test client"): Promise<Client> => {
    const client = await connectClient(endpoint, name);
    clients.push(client);
    return client;
  };
  const client = await connect();
  const call = (tool: string, args: Fields = {}, signal?: AbortSignal): Promise<CallToolResult> =>
    client.callTool({ name: tool, arguments: args }, undefined, {
      ...(signal && { signal }),
    }) as Promise<CallToolResult>;
  return {
    ...harness,
    endpoint,
    client,
    connect,
    call,
    ask: async (tool, args) => objectOf(await call(tool, args)),
    fail: async (tool, args) => sentenceOf(await call(tool, args)),
    launched: (count) =>
      eventually(`${count} tasks launched`, () => harness.hosts.launched[count - 1]),
    async close() {
      await Promise.all(clients.map((one) => one.close()));
      await endpoint.dispose();
    },
  };
}

/** The same object, filled up. */
function withDefaults(limits: Partial<Limits>): Limits {
  return Object.assign(limits, { ...defaultLimits, ...limits });
}

/** A client of the SDK, connected with the endpoint's token. */
export async function connectClient(
  endpoint: Pick<McpEndpoint, "url" | "token">,
  name: string,
): Promise<Client> {
  const client = new Client({ name, version: "1.0.0" });
  const headers = { authorization: `Bearer ${endpoint.token}` };
  const transport = new StreamableHTTPClientTransport(new URL(endpoint.url), {
    requestInit: { headers },
  });
  await client.connect(transport);
  return client;
}

/** The object of a result, once both of its forms are seen to agree. */
export function resultOf(result: CallToolResult): unknown {
  const { result: value } = result.structuredContent ?? {};
  const [content] = result.content;
  assert.equal(result.content.length, 1);
  assert.ok(content?.type === "text");
  assert.equal(content.text, typeof value === "string" ? value : JSON.stringify(value, null, 2));
  return value;
}

function objectOf(result: CallToolResult): Fields {
  const value = resultOf(result);
  assert.equal(result.isError, false, JSON.stringify(value));
  assert.ok(typeof value === "object" && value !== null);
  return value as Fields;
}

function sentenceOf(result: CallToolResult): string {
  const value = resultOf(result);
  assert.equal(result.isError, true);
  assert.ok(typeof value === "string");
  return value;
}

/** The text of a result that has no other form. */
export function textOf(result: CallToolResult): string {
  const [content] = result.content;
  assert.equal(result.structuredContent, undefined);
  assert.ok(content?.type === "text");
  return content.text;
}
