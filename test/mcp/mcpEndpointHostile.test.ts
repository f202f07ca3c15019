import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { usedBytes } from "../support/heap";
import { createMcp } from "./createMcp";
import { RawClient } from "./rawClient";
import { RawSocket, rawRequest } from "./rawSocket";

const quick = { mcpHeadersSeconds: 1, mcpRequestSeconds: 2 };
const deep = (open: string, close: string): string =>
  open.repeat(100_000) + "0" + close.repeat(100_000);
const request = (fields: string): string => `{"jsonrpc":"2.0","id":7,${fields}}`;
const ping = request('"method":"ping"');

describe("a client that speaks no HTTP, or too slowly", { timeout: 60_000 }, () => {
  const cases: [string, string | Buffer, number | undefined][] = [
    ["says nothing", "", 408],
    ["stops in the head of a request", "POST /mcp HTTP/1.1\r\nHost: 127", 408],
    ["sends words", "HELO there\r\n\r\n", 400],
    ["sends a TLS hello", Buffer.from("16030100f1010000ed0303", "hex"), 400],
    ["sends random bytes", Buffer.concat([Buffer.of(0), randomBytes(100_000)]), 400],
    [
      "sends more headers than there is room for",
      `GET / HTTP/1.1\r\n${"x: y\r\n".repeat(9999)}`,
      431,
    ],
    [
      "sends two lengths",
      "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      400,
    ],
    [
      "hides a request in another's body",
      "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
    [
      "sends a chunk without a length",
      "POST /mcp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      403,
    ],
  ];
  for (const [what, bytes, status] of cases) {
    it(`that ${what} gets ${status ?? "nothing"}, and its connection is closed`, async (t) => {
      const { endpoint, client } = await createMcp(t, { mcpLimits: quick });
      const socket = await RawSocket.open(t, endpoint);

      socket.send(bytes);

      assert.equal(await socket.statusAtClose(), status);
      assert.deepEqual(await client.ping(), {});
    });
  }

  it("that sends a byte of a head now and then is closed all the same", async (t) => {
    const { endpoint, client } = await createMcp(t, { mcpLimits: quick });
    const socket = await RawSocket.open(t, endpoint);
    const head = "GET /mcp HTTP/1.1\r\nx: ";
    socket.send(head);
    const drip = setInterval(() => socket.send("y"), 100);
    t.after(() => clearInterval(drip));

    assert.equal(await socket.statusAtClose(), 408);
    assert.deepEqual(await client.ping(), {});
  });

  it("that sends half a body gets 408 in time, and its connection is closed", async (t) => {
    const { endpoint, client } = await createMcp(t, { mcpLimits: quick });
    const socket = await RawSocket.open(t, endpoint);
    const whole = rawRequest(endpoint, { body: ping });
    const began = performance.now();

    socket.send(whole.slice(0, -10));

    assert.equal(await socket.statusAtClose(), 408);
    const took = performance.now() - began;
    assert.ok(took > 1500 && took < 6000, `${took} ms`);
    assert.deepEqual(await client.ping(), {});
  });

  it("that sends a body without end gets 408 in time", async (t) => {
    const { endpoint, client } = await createMcp(t, { mcpLimits: quick });
    const socket = await RawSocket.open(t, endpoint);
    const head = rawRequest(endpoint).replace("Content-Length: 0", "Transfer-Encoding: chunked");
    socket.send(head);
    const flow = setInterval(() => socket.send(`10000\r\n${" ".repeat(65_536)}\r\n`), 10);
    t.after(() => clearInterval(flow));

    assert.equal(await socket.statusAtClose(), 408);
    assert.deepEqual(await client.ping(), {});
  });
});

/** What it sends in a session, the status it gets, and what the answer must say. */
const rounds: [string, string, number, RegExp, Record<string, string>?][] = [
  ["10 MB", `"${"x".repeat(10_000_000)}"`, 413, /at most 1048576 bytes/],
  ["100,000 arrays in one another", deep("[", "]"), 400, /-32700/],
  ["100,000 objects in one another", deep('{"a":', "}"), 400, /-32700/],
  [
    "deep parameters of a ping",
    request(`"method":"ping","params":${deep('{"a":', "}")}`),
    200,
    /"result":\{\}/,
  ],
  [
    "deep arguments of a tool",
    request(
      `"method":"tools/call","params":{"name":"ssh_run","arguments":{"alias":${deep("[", "]")}}}`,
    ),
    200,
    /"isError":true/,
  ],
  [
    "deep parameters of an unknown method",
    request(`"method":"x","params":${deep('{"a":', "}")}`),
    200,
    /-32601/,
  ],
  [
    "a deep answer to no question",
    `{"jsonrpc":"2.0","id":7,"result":${deep('{"a":', "}")}}`,
    400,
    /-32700/,
  ],
  ["a batch of 300,000", `[${"1,".repeat(299_999)}1]`, 400, /-32600/],
  ["a batch of 101 pings", `[${new Array(101).fill(ping).join()}]`, 400, /-32600/],
  ["a batch of 64 pings", `[${new Array(64).fill(ping).join()}]`, 200, /"result":\{\}/],
  ["an empty batch", "[]", 202, /^$/],
  ["a number", "1", 400, /-32700/],
  ["no version", '{"id":1,"method":"ping"}', 400, /-32700/],
  ["another version", '{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, /-32700/],
  ["an id that is no id", '{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, /-32700/],
  ["a method that is no name", request('"method":7'), 400, /-32700/],
  ["parameters that are none", request('"method":"ping","params":7'), 400, /-32700/],
  ["neither method nor result", '{"jsonrpc":"2.0","id":1}', 400, /-32700/],
  ["an unknown method", request('"method":"tools/nothing"'), 200, /-32601/],
  ["a method of Object", request('"method":"__proto__"'), 200, /-32601/],
  ["a prototype", request('"method":"ping","params":{"__proto__":{"x":1}}'), 200, /"result":\{\}/],
  ["no arguments for a tool", request('"method":"tools/call"'), 200, /-32603|-32602/],
  ["text", ping, 415, /application\/json/, { "content-type": "text/plain" }],
  ["what it can't read the answer of", ping, 406, /must accept/, { accept: "application/json" }],
  ["an unknown protocol version", ping, 400, /protocol version/, { "mcp-protocol-version": "1" }],
];

describe("a client with a token that sends", { timeout: 60_000 }, () => {
  for (const [what, body, status, says, headers] of rounds) {
    it(`${what} gets ${status}, and the session goes on`, async (t) => {
      const { endpoint, tasks } = await createMcp(t);
      const client = await RawClient.connect(endpoint);

      const answer = await client.send(body, headers);

      assert.equal(answer.status, status);
      assert.match(await answer.text(), says);
      assert.equal((await client.ping()).status, 200);
      assert.equal(tasks.listTasks().length, 0);
    });
  }
});

describe("a client with a token that leaves out", () => {
  for (const [header, status] of [
    ["Accept", 406],
    ["Content-Type", 415],
  ] as const) {
    it(`${header} gets ${status}, and the session goes on`, async (t) => {
      const { endpoint } = await createMcp(t);
      const client = await RawClient.connect(endpoint);
      const { sessionId } = client;
      const socket = await RawSocket.open(t, endpoint);
      const headers = ["Connection: close"];
      const whole = rawRequest(endpoint, { sessionId, body: ping, headers });

      socket.send(whole.replace(new RegExp(`^${header}: .*\r\n`, "m"), ""));

      assert.equal(await socket.statusAtClose(), status);
      assert.equal((await client.ping()).status, 200);
    });
  }
});

describe("200 hostile rounds", { timeout: 120_000 }, () => {
  it("leave the memory as it was, the session alive and the token valid", async (t) => {
    const { endpoint, connect } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    const attack = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const [, body, status, , headers] = rounds[i % rounds.length] ?? assert.fail();
        const answer = await client.send(body, headers);
        assert.equal(answer.status, status);
        await answer.text();
        const stranger = await fetch(endpoint.url, { method: "POST", body: ping });
        assert.equal(stranger.status, 401);
        await stranger.text();
        const socket = await RawSocket.open(t, endpoint);
        socket.send(
          i % 2 === 0 ? "garbage\r\n\r\n" : rawRequest(endpoint, { body: ping }).slice(0, -9),
        );
        socket.hangUp();
      }
    };
    await attack(50);
    const before = await usedBytes();

    await attack(200);

    const grown = (await usedBytes()) - before;
    t.diagnostic(`the memory in use has grown by ${grown} bytes`);
    assert.ok(grown < 4 * 1024 * 1024, `${grown} bytes`);
    assert.equal((await client.ping()).status, 200);
    assert.deepEqual(await (await connect("a late one")).ping(), {});
  });
});
