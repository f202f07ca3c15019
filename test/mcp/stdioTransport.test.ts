import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { PassThrough } from "node:stream";
import { describe, it, type TestContext } from "node:test";
import type { Limits } from "../../src/tasks/limits";
import { defaultLimits } from "../../src/tasks/limits";
import { serveStdio } from "../../src/mcp/mcpStdio";
import { openGate } from "../support/gates";
import { createLogger, createTasks } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { settle } from "../support/fakeClock";
import { usedBytes } from "../support/heap";

interface Reply {
  readonly id: number | string | null;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A session over two streams on which the test says what it likes. */
function createSession(t: TestContext, limits: Partial<Limits> = {}) {
  const harness = createTasks({ limits: { maxWaiting: 200 } });
  const input = new PassThrough();
  const output = new PassThrough();
  const logger = createLogger(harness.log);
  const parts = { ...harness, gate: openGate, version: "1", logger };
  const all = { ...defaultLimits, ...limits };
  const served = serveStdio({ ...parts, limits: all }, input, output);
  t.after(() => input.end());
  let text = "";
  const replies = (): Reply[] => {
    text += (output.read() as Buffer | null)?.toString() ?? "";
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Reply);
  };
  const replyTo = (id: number | string): Promise<Reply> =>
    eventually(`${id} is answered`, () => replies().find((reply) => reply.id === id));
  return { ...harness, input, output, served, replies, replyTo };
}

const say = (id: number | string, method: string, params: object = {}): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
const runs = (id: number | string): string =>
  say(id, "tools/call", { name: "ssh_run", arguments: { alias: "build01", command: "sleep 60" } });

describe("a session over stdio", () => {
  const nonsense: [string, string | Buffer, number][] = [
    ["words", "sesame\n", -32700],
    ["half an object", '{"jsonrpc":\n', -32700],
    [
      "binary",
      Buffer.concat([Buffer.from(randomBytes(5000).filter((b) => b !== 10)), Buffer.of(10)]),
      -32700,
    ],
    ["zeros", Buffer.concat([Buffer.alloc(5000), Buffer.of(10)]), -32700],
    ["a number", "7\n", -32600],
    ["a batch", `[${say(1, "ping").trim()}]\n`, -32600],
    ["an object of another kind", '{"hello":1}\n', -32600],
    ["100,000 arrays in one another", `${"[".repeat(100_000)}${"]".repeat(100_000)}\n`, -32600],
    [
      "an answer that is too deep to be told of",
      `{"jsonrpc":"2.0","id":9,"result":${'{"a":'.repeat(100_000)}0${"}".repeat(100_000)}}\n`,
      -32600,
    ],
  ];
  for (const [what, bytes, code] of nonsense) {
    it(`answers ${what} with ${code}, and goes on`, async (t) => {
      const { input, replies, replyTo } = createSession(t);

      input.write(bytes);
      input.write(say("next", "ping"));

      assert.deepEqual((await replyTo("next")).result, {});
      const [error, ...rest] = replies();
      assert.deepEqual([error?.id, error?.error?.code], [null, code]);
      assert.equal(rest.length, 1);
    });
  }

  it("answers a message that is none with its id, if it has one", async (t) => {
    const { input, replyTo } = createSession(t);

    input.write('{"jsonrpc":"2.0","id":"mine","method":7}\n');

    assert.equal((await replyTo("mine")).error?.code, -32600);
  });

  it("takes lines that end as on Windows, and empty ones", async (t) => {
    const { input, replies, replyTo } = createSession(t);

    input.write(`\r\n\n${say(1, "ping").trim()}\r\n \n`);

    await replyTo(1);
    assert.equal(replies().length, 1);
  });

  it("refuses a line of more than 10 MiB while it still comes, keeps none of it, and goes on after it", async (t) => {
    const { input, replies, replyTo } = createSession(t);
    const piece = Buffer.alloc(64 * 1024, "x");
    const before = await usedBytes();
    let most = 0;

    for (let i = 0; i < 640; i++) {
      input.write(piece);
      await settle();
      if (i % 64 === 63) most = Math.max(most, (await usedBytes()) - before);
    }

    const [refusal] = await eventually("it is refused", () => replies().length > 0 && replies());
    assert.deepEqual([refusal?.id, refusal?.error?.code], [null, -32600]);
    assert.match(refusal?.error?.message ?? "", /at most 10485760 bytes/);
    t.diagnostic(`of 40 MiB at most ${most} bytes were kept`);
    assert.ok(most < 24 * 1024 * 1024, `${most} bytes`);
    input.write(`\n${say("next", "ping")}`);
    await replyTo("next");
    assert.equal(replies().length, 2);
  });

  it("takes a line of 10 MiB", async (t) => {
    const { input, replyTo } = createSession(t);
    const line = say("large", "ping", { pad: "" }).trim();

    input.write(`${line.replace('""', `"${"x".repeat(10 * 1024 * 1024 - line.length)}"`)}\n`);

    assert.deepEqual((await replyTo("large")).result, {});
  });

  it("does nothing for half a line before the end", async (t) => {
    const { input, replies, served, tasks } = createSession(t);

    input.end(runs(1).trim());
    await served;

    assert.deepEqual(replies(), []);
    assert.equal(tasks.listTasks().length, 0);
  });

  it("answers a burst of small requests one and all", async (t) => {
    const { input, replyTo, replies } = createSession(t);

    input.write(Array.from({ length: 1000 }, (_, id) => say(id, "ping")).join(""));

    await replyTo(999);
    assert.equal(replies().filter(({ result }) => result).length, 1000);
  });

  it("refuses a request too many with its id, until another is taken back", async (t) => {
    const { input, replyTo, tasks } = createSession(t, { maxMcpRequestsPerSession: 3 });
    for (const id of [1, 2, 3, 4]) input.write(runs(id));

    assert.match((await replyTo(4)).error?.message ?? "", /Too many requests under way/);
    await eventually("the others run", () => tasks.listTasks().length === 3);
    const cancelled = {
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: 1 },
    };
    input.write(`${JSON.stringify(cancelled)}\n${say(5, "ping")}`);

    assert.deepEqual((await replyTo(5)).result, {});
  });

  it("refuses a request with the id of one under way, whose answer it would seem to be", async (t) => {
    const { input, replyTo, replies, tasks } = createSession(t);

    input.write(`${runs(1)}${runs(1)}${say(2, "ping")}`);

    await replyTo(2);
    await eventually("one runs", () => tasks.listTasks().length === 1);
    const [refusal] = replies();
    assert.deepEqual([refusal?.id, refusal?.error?.code], [null, -32600]);
  });

  it("still takes a cancel when it takes nothing else", async (t) => {
    const { input, replyTo, tasks } = createSession(t, { maxMcpRequestsPerSession: 2 });
    for (const id of [1, 2, 3]) input.write(runs(id));
    await replyTo(3);
    const [task] = tasks.listTasks();

    input.write(say(4, "tools/call", { name: "ssh_cancel", arguments: { task_id: task?.id } }));

    assert.match(JSON.stringify(await replyTo(4)), /"cancelled":true/);
  });

  it("reads no more of a client that doesn't read, and goes on when it does", async (t) => {
    const maxStdioUnreadBytes = 256 * 1024;
    const { input, output, replyTo } = createSession(t, { maxStdioUnreadBytes });
    const request = say("list", "tools/list");
    const size = (): number => output.writableLength + output.readableLength;

    let sent = 0;
    for (; sent < 2000 && !input.writableNeedDrain; sent++) {
      input.write(request);
      await settle();
    }
    const unread = await eventually("it has stopped", async () => {
      const now = size();
      await settle();
      return size() === now && now;
    });

    t.diagnostic(`after ${sent} requests ${unread} bytes were unread`);
    assert.ok(sent < 2000, "it has stopped reading");
    assert.ok(unread > maxStdioUnreadBytes && unread < 2 * maxStdioUnreadBytes, `${unread} bytes`);
    input.write(say("last", "ping"));
    await replyTo("last");
  });

  it("ends while it waits for a client to read, when that is gone", async (t) => {
    const { input, output, served } = createSession(t, { maxStdioUnreadBytes: 1024 });
    for (let i = 0; i < 50; i++) input.write(say(i, "tools/list"));
    await eventually("it has stopped", () => output.writableNeedDrain);

    output.destroy();

    await served;
    await settle();
    assert.equal(output.listenerCount("drain"), 0, "nothing waits any more");
  });
});
