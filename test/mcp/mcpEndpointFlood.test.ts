import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { createMcp, type McpHarness } from "./createMcp";
import { initialize, RawClient } from "./rawClient";
import { RawSocket, rawRequest } from "./rawSocket";

const run = { alias: "build01", command: "sleep 600" };
const roomy = { limits: { maxWaiting: 200 } };

/** A session with as many requests under way as it may have. */
async function fill({ endpoint }: McpHarness, count: number) {
  const client = await RawClient.connect(endpoint);
  const responses: Response[] = [];
  for (let i = 0; i < count; i++) responses.push(await client.call("ssh_run", run));
  return { client, responses };
}

describe("requests under way in one session", () => {
  it("are 64 at the most: one more is refused at once, and other sessions notice nothing", async (t) => {
    const mcp = await createMcp(t, roomy);
    const { client, responses } = await fill(mcp, 64);

    const refused = await client.call("ssh_run", run);

    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.match(
      await refused.text(),
      /"code":-32000,"message":"Too many requests under way.*cancel one/,
    );
    assert.equal(mcp.tasks.listTasks().length, 64);
    assert.deepEqual(await mcp.ask("ssh_ping"), { status: "pong" });
    await responses[0]?.body?.cancel();
    await eventually("there is room again", async () => (await client.ping()).status === 200);
  });

  it("leave room for a cancel, by either name and by taking a request back", async (t) => {
    const mcp = await createMcp(t, { ...roomy, mcpLimits: { maxMcpRequestsPerSession: 3 } });
    const { client } = await fill(mcp, 3);
    assert.equal((await client.ping()).status, 429);

    for (const tool of ["ssh_cancel", "ssh_cancel_async_task"]) {
      const task = mcp.tasks.listTasks().find(({ status }) => status === "pending");
      const response = await client.call(tool, { task_id: task?.id });

      assert.match(await response.text(), /"cancelled":true/);
    }
    assert.equal((await client.takeBack()).status, 202);
  });

  it("leave no more room for cancels than for others", async (t) => {
    const mcp = await createMcp(t, { mcpLimits: { maxMcpRequestsPerSession: 2 } });
    const { task, remote } = await mcp.startRunning();
    remote.onCancel = () => new Promise(() => undefined);
    const client = await RawClient.connect(mcp.endpoint);
    const cancel = () => client.call("ssh_cancel", { task_id: task.id, grace_seconds: 0 });

    const responses = await Promise.all(Array.from({ length: 5 }, cancel));

    const statuses = responses.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 200, 200, 200, 429]);
  });

  it("are those of a batch each", async (t) => {
    const { endpoint } = await createMcp(t, { mcpLimits: { maxMcpRequestsPerSession: 3 } });
    const client = await RawClient.connect(endpoint);
    const batch = (size: number): string =>
      JSON.stringify(
        Array.from({ length: size }, (_, id) => ({ jsonrpc: "2.0", id, method: "ping" })),
      );

    assert.equal((await client.send(batch(3))).status, 200);
    const tooLarge = await client.send(batch(4));
    assert.equal(tooLarge.status, 400);
    assert.match(await tooLarge.text(), /-32600,"message":"Batch too large: send at most 3/);
    await client.call("ssh_run", run);
    assert.equal((await client.send(batch(3))).status, 429);
    assert.equal((await client.send(batch(2))).status, 200);
  });

  it("are no longer those that were taken back, whose streams end without an answer", async (t) => {
    const { endpoint, tasks } = await createMcp(t, {
      ...roomy,
      mcpLimits: { maxMcpRequestsPerSession: 1 },
    });
    const client = await RawClient.connect(endpoint);

    for (let i = 0; i < 5; i++) {
      const response = await client.call("ssh_run", run);
      assert.equal(response.status, 200);
      await client.takeBack();
      assert.equal(await response.text(), "");
    }

    await eventually("all are cancelled", () =>
      tasks.listTasks().every(({ status }) => status === "cancelled"),
    );
  });

  it("are no longer those of a connection that is gone, answers queued behind one another included", async (t) => {
    const { endpoint, tasks } = await createMcp(t, { mcpLimits: { maxMcpRequestsPerSession: 8 } });
    const client = await RawClient.connect(endpoint);
    const params = { name: "ssh_run", arguments: run };
    const call = { jsonrpc: "2.0", id: "long", method: "tools/call", params };
    const ping = { jsonrpc: "2.0", id: "short", method: "ping" };
    const { sessionId } = client;
    const socket = await RawSocket.open(t, endpoint);
    const say = (message: object): void =>
      socket.send(rawRequest(endpoint, { sessionId, body: JSON.stringify(message) }));
    say(call);
    for (let i = 0; i < 7; i++) say(ping);
    await eventually("all of them are under way", async () => (await client.ping()).status === 429);

    socket.hangUp();

    await eventually("none is", async () => {
      const batch = Array.from({ length: 8 }, (_, id) => ({ ...ping, id }));
      return (await client.send(JSON.stringify(batch))).status === 200;
    });
    assert.equal(tasks.listTasks()[0]?.status, "pending", "what they started goes on");
  });

  it("are as many as the limit is by then", async (t) => {
    const mcpLimits = { maxMcpRequestsPerSession: 1 };
    const { endpoint } = await createMcp(t, { mcpLimits });
    const client = await RawClient.connect(endpoint);
    await client.call("ssh_run", run);
    assert.equal((await client.ping()).status, 429);

    mcpLimits.maxMcpRequestsPerSession = 2;

    assert.equal((await client.ping()).status, 200);
  });
});

describe("connections", () => {
  it("are bounded: one too many is closed at once, which is logged once", async (t) => {
    const mcpLimits = { maxMcpConnections: 8 };
    const { endpoint, log } = await createMcp(t, { mcpLimits });
    const sockets: RawSocket[] = [];
    for (let i = 0; i < 20; i++) sockets.push(await RawSocket.open(t, endpoint));

    await eventually("the last ones are closed", () => sockets.at(-1)?.closed);
    await eventually("most are closed", () => sockets.filter(({ closed }) => closed).length >= 12);
    assert.ok(sockets.some(({ closed }) => !closed));
    assert.deepEqual(
      log.filter((line) => line.includes("connections")),
      ["warn: MCP endpoint: all 8 connections are taken. End clients that are not needed."],
    );
    for (const socket of sockets) socket.hangUp();
    await eventually(
      "there is room again",
      async () => (await initialize(endpoint)).status === 200,
    );
  });

  it("are as many as the limit is by then", async (t) => {
    const mcpLimits = { maxMcpConnections: 256 };
    const { endpoint, log } = await createMcp(t, { mcpLimits });
    mcpLimits.maxMcpConnections = 1;
    await eventually("it is full", async () => {
      await RawSocket.open(t, endpoint);
      return log.some((line) => line.includes("all 1 connections are taken"));
    });

    mcpLimits.maxMcpConnections = 256;

    await eventually("there is room", async () => (await initialize(endpoint)).status === 200);
  });
});

describe("four thousand pipelined requests", { timeout: 60_000 }, () => {
  it("are all answered or refused, and nobody else waits for them", async (t) => {
    const { endpoint, client } = await createMcp(t);
    const flooder = await RawClient.connect(endpoint);
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    const { sessionId } = flooder;
    const socket = await RawSocket.open(t, endpoint);

    socket.send(rawRequest(endpoint, { sessionId, body }).repeat(3_999));
    socket.send(rawRequest(endpoint, { sessionId, body, headers: ["Connection: close"] }));
    const start = performance.now();
    let slowest = 0;
    let others = 0;
    await eventually(
      "all are answered",
      async () => {
        const began = performance.now();
        await client.ping();
        others++;
        slowest = Math.max(slowest, performance.now() - began);
        return socket.closed;
      },
      45_000,
    );

    const took = performance.now() - start;
    const figures = `of ${others} others the slowest took ${Math.round(slowest)} of ${Math.round(took)} ms`;
    t.diagnostic(figures);
    assert.ok(others > 20 && slowest < took / 2, figures);
    assert.equal(socket.statuses.length, 4_000);
    const statuses = new Set(socket.statuses);
    assert.ok(statuses.has(200));
    for (const status of statuses) assert.ok([200, 429].includes(status), String(status));
  });
});
