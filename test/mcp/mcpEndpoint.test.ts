import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect as connectSocket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { McpEndpoint } from "../../src/mcp/mcpEndpoint";
import { openGate } from "../support/gates";
import { createLogger, createTasks } from "../support/createTasks";
import { connectClient } from "./createMcp";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  /** undefined leaves one out that would be there. */
  readonly headers?: Record<string, string | undefined>;
  readonly body?: string | Buffer;
}

async function createEndpoint(t: TestContext, port?: number) {
  const harness = createTasks();
  const endpoint = await McpEndpoint.start({
    ...harness,
    gate: openGate,
    logger: createLogger(harness.log),
    version: "1.2.3",
    ...(port !== undefined && { port }),
  });
  t.after(() => endpoint.dispose());
  const ask = (question: Ask): Promise<Answer> => sendTo(endpoint, question);
  return { endpoint, ask, log: harness.log };
}

/** Sends what no MCP client would: fetch sets Host and Origin itself. */
async function sendTo(endpoint: McpEndpoint, question: Ask): Promise<Answer> {
  const { method = "POST", path = "/mcp", body = initialize } = question;
  const headers: Record<string, string> = {};
  const wanted: Required<Ask>["headers"] = {
    authorization: `Bearer ${endpoint.token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...question.headers,
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== undefined) headers[name] = value;
  }
  const sent = request(new URL(endpoint.url), { method, path, headers, agent: false });
  sent.end(method === "POST" ? body : undefined);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "raw", version: "1" },
  },
});

const ping = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "ping" });

function codeOf(answer: Answer): number {
  const { jsonrpc, error, id } = JSON.parse(answer.body) as {
    jsonrpc: string;
    error: { code: number; message: string };
    id: null;
  };
  assert.equal(jsonrpc, "2.0");
  assert.equal(id, null);
  assert.match(error.message, /.{20}/);
  return error.code;
}

describe("the MCP endpoint", () => {
  it("listens on the loopback address only, on a port of its own, and says where", async (t) => {
    const { endpoint, log } = await createEndpoint(t);

    assert.match(endpoint.url, /^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
    assert.deepEqual(log, [`info: MCP endpoint listens at ${endpoint.url}`]);
    const socket = connectSocket(Number(new URL(endpoint.url).port), "127.0.0.2");
    t.after(() => socket.destroy());
    await assert.rejects(once(socket, "connect"), /ECONNREFUSED/);
  });

  it("listens on the port it is given", async (t) => {
    const first = await createEndpoint(t);
    await first.endpoint.dispose();

    const { endpoint } = await createEndpoint(t, Number(new URL(first.endpoint.url).port));

    assert.equal(endpoint.url, first.endpoint.url);
    assert.notEqual(endpoint.token, first.endpoint.token);
  });

  it("says what to do when the port is taken", async (t) => {
    const { endpoint } = await createEndpoint(t);
    const port = Number(new URL(endpoint.url).port);

    await assert.rejects(
      createEndpoint(t, port),
      new RegExp(
        `^Error: Can't listen on port ${port} of 127.0.0.1: .*EADDRINUSE.* Choose another port`,
      ),
    );
  });

  it("answers a client that has the token, under both names of the host", async (t) => {
    const { ask, endpoint } = await createEndpoint(t);
    const { port } = new URL(endpoint.url);

    for (const name of ["127.0.0.1", "localhost"]) {
      const headers = { host: `${name}:${port}`, origin: `http://${name}:${port}` };
      const answer = await ask({ headers });

      assert.equal(answer.status, 200);
      assert.match(answer.body, /"serverInfo":\{"name":"ssh-tasks"/);
      assert.match(answer.headers["mcp-session-id"] as string, /^[0-9a-f-]{36}$/);
    }
  });

  const refused: [string, Ask, number][] = [
    ["no token", { headers: { authorization: undefined } }, 401],
    ["another token", { headers: { authorization: `Bearer ${"A".repeat(43)}` } }, 401],
    ["another scheme", { headers: { authorization: "Basic dXNlcjpwYXNz" } }, 401],
    ["no token, to read", { method: "GET", headers: { authorization: undefined } }, 401],
    ["the Host of a rebound name", { headers: { host: "evil.example:80" } }, 403],
    ["the Origin of a web page", { headers: { origin: "https://evil.example" } }, 403],
    ["an opaque Origin", { headers: { origin: "null" } }, 403],
    ["another path", { path: "/" }, 404],
    ["a path below", { path: "/mcp/x" }, 404],
    ["the whole URL of another server", { path: "http://evil.example/mcp" }, 404],
    ["PUT", { method: "PUT" }, 405],
    ["OPTIONS", { method: "OPTIONS" }, 405],
    ["garbage", { body: "{" }, 400],
    ["nothing", { body: "" }, 400],
    ["bytes that are no text", { body: Buffer.from([0xff, 0xfe, 0]) }, 400],
    ["a ping without a session", { body: ping }, 400],
    ["a batch without a session", { body: `[${initialize}]` }, 400],
    ["a null", { body: "null" }, 400],
    ["a listening stream without a session", { method: "GET" }, 400],
    ["the end of no session", { method: "DELETE" }, 400],
    ["a stale session", { headers: { "mcp-session-id": "gone" }, body: ping }, 404],
    ["initialize in a stale session", { headers: { "mcp-session-id": "gone" } }, 404],
    ["a stale session to listen to", { method: "GET", headers: { "mcp-session-id": "gone" } }, 404],
    [
      "the end of a stale session",
      { method: "DELETE", headers: { "mcp-session-id": "gone" } },
      404,
    ],
  ];
  for (const [what, question, status] of refused) {
    it(`refuses ${what} with ${status}`, async (t) => {
      const { ask, log, endpoint } = await createEndpoint(t);

      const answer = await ask(question);

      assert.equal(answer.status, status);
      const code = codeOf(answer);
      if (question.body === "{") assert.equal(code, -32700);
      if (question.headers?.["mcp-session-id"]) assert.equal(code, -32001);
      assert.equal(answer.headers["www-authenticate"], status === 401 ? "Bearer" : undefined);
      assert.equal(answer.headers.allow, status === 405 ? "GET, POST, DELETE" : undefined);
      assert.equal(log.at(-1), `warn: MCP request refused with ${status}`);
      assert.ok(!log.join().includes(endpoint.token));
      assert.doesNotMatch(log.join(), /AAAA|dXNl|evil/);
    });
  }

  it("looks at the Host before the token, and at the token before anything else", async (t) => {
    const { ask } = await createEndpoint(t);
    const authorization = undefined;

    const host = await ask({ headers: { host: "evil.example", authorization } });
    const token = await ask({ method: "PUT", path: "/nowhere", headers: { authorization } });

    assert.equal(host.status, 403);
    assert.equal(token.status, 401);
  });

  it("takes a body of 1 MiB and refuses a byte more", async (t) => {
    const { ask } = await createEndpoint(t);
    const fill = (bytes: number): string => initialize.padEnd(bytes, " ");

    const largest = await ask({ body: fill(1024 * 1024) });
    assert.equal(largest.status, 200);
    for (const bytes of [1024 * 1024 + 1, 16 * 1024 * 1024]) {
      const tooLarge = await ask({ body: fill(bytes) });

      assert.equal(tooLarge.status, 413);
      assert.equal(codeOf(tooLarge), -32000);
    }
  });

  it("refuses a session to a client that can't read its answers, and keeps none", async (t) => {
    const { ask, endpoint } = await createEndpoint(t);

    const answer = await ask({ headers: { accept: "text/html" } });

    assert.equal(answer.status, 406);
    await endpoint.dispose();
  });

  it("lets a client that left before its request was whole go without a word", async (t) => {
    const { endpoint, log, ask } = await createEndpoint(t);
    const headers = { authorization: `Bearer ${endpoint.token}`, "content-length": "100" };
    const sent = request(new URL(endpoint.url), { method: "POST", headers });
    sent.on("error", () => undefined);
    sent.write("{");
    await once(sent, "socket");
    await ask({});

    sent.destroy();
    await ask({});

    assert.deepEqual(
      log.filter((line) => /^(warn|error)/.test(line)),
      [],
    );
  });

  it("is gone once it is disposed, whatever was open, and may be disposed twice", async (t) => {
    const { endpoint } = await createEndpoint(t);
    const client = await connectClient(endpoint, "listener");
    t.after(() => client.close());
    const idle = connectSocket(Number(new URL(endpoint.url).port), "127.0.0.1");
    await once(idle, "connect");
    idle.on("error", () => undefined);
    const idleClosed = once(idle, "close");

    await endpoint.dispose();
    await endpoint.dispose();

    await idleClosed;
    await assert.rejects(fetch(endpoint.url), /fetch failed/);
  });
});
