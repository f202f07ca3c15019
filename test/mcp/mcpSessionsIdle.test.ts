import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { eventually } from "../support/eventually";
import { countObjects, usedBytes } from "../support/heap";
import { createMcp } from "./createMcp";
import { initialize, RawClient } from "./rawClient";

const minutes = 60_000;
const run = { alias: "build01", command: "sleep 7200", max_seconds: 86_400 };

describe("a session that nobody uses", () => {
  it("is closed after 30 minutes, and its client can begin a new one", async (t) => {
    const { endpoint, clock } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    await clock.advance(29 * minutes);
    assert.equal((await client.ping()).status, 200);
    await clock.advance(29 * minutes);
    assert.equal((await client.ping()).status, 200);

    await clock.advance(31 * minutes);

    const stale = await client.ping();
    assert.equal(stale.status, 404);
    assert.match(await stale.text(), /send initialize for a new one/);
    assert.equal((await initialize(endpoint)).status, 200);
  });

  it("is kept while a request is under way, and from its end on for 30 minutes", async (t) => {
    const { endpoint, clock, launched } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    const response = await client.call("ssh_run", run);
    const remote = await launched(1);
    remote.run();

    await clock.advance(50 * minutes);
    remote.exit(0);

    assert.match(await response.text(), /"exit_code":0/);
    await clock.advance(29 * minutes);
    assert.equal((await client.ping()).status, 200);
    await clock.advance(31 * minutes);
    assert.equal((await client.ping()).status, 404);
  });

  it("is kept while its client listens", async (t) => {
    const { endpoint, clock } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    const hangUp = new AbortController();
    assert.equal((await client.listen(hangUp.signal)).status, 200);

    await clock.advance(90 * minutes);
    assert.equal((await client.listen()).status, 409, "it still listens");
    hangUp.abort();
    await eventually("the stream is free again", async () => {
      const second = new AbortController();
      const { status } = await client.listen(second.signal);
      second.abort();
      return status === 200;
    });
    await eventually("it is closed", async () => {
      await clock.advance(31 * minutes);
      return (await client.ping()).status === 404;
    });
  });

  it("cancels nothing when it is closed", async (t) => {
    const { endpoint, clock, launched, tasks } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    const response = await client.call("ssh_run", run);
    const remote = await launched(1);
    remote.run();
    await response.body?.cancel();

    await eventually("the session is closed", async () => {
      await clock.advance(31 * minutes);
      return (await client.ping()).status === 404;
    });

    assert.equal(tasks.getTask(remote.taskId)?.status, "running");
    assert.equal(remote.climbs.length, 0);
  });

  it("is neither closed nor kept because somebody sets the clock", async (t) => {
    const { endpoint, clock } = await createMcp(t);
    const client = await RawClient.connect(endpoint);

    clock.set(24 * 60 * minutes);
    await clock.advance(2 * minutes);
    assert.equal((await client.ping()).status, 200);
    clock.set(-24 * 60 * minutes);

    await eventually("it is closed", async () => {
      await clock.advance(31 * minutes);
      return (await client.ping()).status === 404;
    });
  });

  it("is closed after whatever the limit is by then", async (t) => {
    const mcpLimits = { mcpSessionIdleSeconds: 7200 };
    const { endpoint, clock } = await createMcp(t, { mcpLimits });
    const client = await RawClient.connect(endpoint);
    await clock.advance(60 * minutes);
    assert.equal((await client.ping()).status, 200);

    mcpLimits.mcpSessionIdleSeconds = 60;
    await clock.advance(2 * minutes);

    assert.equal((await client.ping()).status, 404);
  });

  it("leaves no timer behind, however it ends", async (t) => {
    const { endpoint, client, clock } = await createMcp(t);
    await client.close();
    const first = await RawClient.connect(endpoint);
    const second = await RawClient.connect(endpoint);
    assert.equal(clock.pendingTimers, 1, "one for all of them");

    await first.endSession();
    await second.endSession();
    await clock.advance(31 * minutes);
    assert.equal(clock.pendingTimers, 0);

    await RawClient.connect(endpoint);
    assert.equal(clock.pendingTimers, 1);
    await endpoint.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});

describe("a thousand sessions", { timeout: 60_000 }, () => {
  it("leave the 64 newest, and nothing of the others in memory", async (t) => {
    const { endpoint } = await createMcp(t);
    const raw: RawClient[] = [];
    const open = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) raw.push(await RawClient.connect(endpoint));
    };
    await open(200);
    const transports = countObjects(StreamableHTTPServerTransport);
    const before = await usedBytes();

    await open(800);

    const grown = (await usedBytes()) - before;
    t.diagnostic(`the memory in use has grown by ${grown} bytes`);
    assert.ok(grown < 8 * 1024 * 1024, `${grown} bytes`);
    assert.ok(transports <= 66, `${transports} transports`); // Node holds on to the last request or two
    assert.equal(countObjects(StreamableHTTPServerTransport), transports);
    const statuses: number[] = [];
    for (const client of raw) statuses.push((await client.ping()).status);
    assert.deepEqual(statuses.slice(0, -64), new Array(936).fill(404));
    assert.deepEqual(statuses.slice(-64), new Array(64).fill(200));
  });
});
