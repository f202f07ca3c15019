import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { serveStdio } from "../../src/mcp/mcpStdio";
import { openGate } from "../support/gates";
import { createLogger, createTasks } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { settle } from "../support/fakeClock";

/** A client of the SDK on the other ends of the server's streams. */
async function createStdio(input = new PassThrough()) {
  const harness = createTasks();
  const output = new PassThrough();
  const parts = { ...harness, gate: openGate, version: "1.2.3", logger: createLogger(harness.log) };
  const served = serveStdio(parts, input, output);
  const client = new Client({ name: "piped", version: "1" });
  await client.connect(new LineTransport(output, input));
  return { ...harness, input, output, served, client };
}

class LineTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;

  constructor(
    private readonly from: PassThrough,
    private readonly to: PassThrough,
  ) {}

  start(): Promise<void> {
    const lines = createInterface({ input: this.from });
    lines.on("error", () => void this.close());
    lines.on("line", (line) => this.onmessage?.(JSON.parse(line) as JSONRPCMessage));
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.to.write(`${JSON.stringify(message)}\n`);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }
}

describe("a session over stdio", () => {
  it("serves the same tools, and ends with its input", async () => {
    const { client, input, served } = await createStdio(new PassThrough({ autoDestroy: false }));

    const pong = await client.callTool({ name: "ssh_ping" });
    input.end();

    assert.deepEqual(pong.structuredContent, { result: { status: "pong" } });
    await served;
  });

  it("cancels nothing when it ends", async () => {
    const { client, input, served, hosts, tasks } = await createStdio();
    const run = { name: "ssh_run", arguments: { alias: "build01", command: "sleep 600" } };
    const lost = assert.rejects(client.callTool(run), /closed/i);
    await eventually("it is launched", () => hosts.launched.length === 1);
    hosts.last.run();

    input.end();
    await served;
    await settle();

    assert.equal(tasks.getTask(hosts.last.taskId)?.status, "running");
    await client.close();
    await lost;
  });

  it("ends when its client can't read any more", async () => {
    const { output, served } = await createStdio();

    output.destroy(new Error("write EPIPE"));

    await served;
  });

  it("ends when its input breaks", async () => {
    const { input, served } = await createStdio();

    input.destroy(new Error("read EIO"));

    await served;
  });

  it("answers what comes after nonsense, which doesn't get into the log", async () => {
    const { client, input, log } = await createStdio();

    input.write("sesame\n");
    input.write('{"jsonrpc":"2.0","open":"sesame"}\n');
    input.write('{"jsonrpc":"2.0","id":99,"result":{"open":"sesame"}}\n');

    assert.deepEqual(await client.ping(), {});
    assert.deepEqual(log, [
      "debug: MCP session: SyntaxError",
      "debug: MCP session: ZodError",
      "debug: MCP session: Received a response for an unknown message ID",
    ]);
    input.end();
  });
});
