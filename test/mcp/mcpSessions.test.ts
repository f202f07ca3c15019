import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMcp } from "./createMcp";
import { initialize, RawClient } from "./rawClient";

const run = { alias: "build01", command: "sleep 600" };
const roomy = { limits: { maxWaiting: 100 } };

describe("sessions", () => {
  it("see the same tasks", async (t) => {
    const { ask, connect } = await createMcp(t);
    const other = await connect();
    const { task_id } = await ask("ssh_run_async", run);

    const { structuredContent } = await other.callTool({ name: "ssh_list_tasks" });

    const { tasks } = (structuredContent as { result: { tasks: { task_id: string }[] } }).result;
    assert.deepEqual(
      tasks.map((task) => task.task_id),
      [task_id],
    );
  });

  it("end when their client says so, and are unknown from then on", async (t) => {
    const { endpoint } = await createMcp(t);
    const client = await RawClient.connect(endpoint);

    assert.equal((await client.ping()).status, 200);
    assert.equal((await client.endSession()).status, 200);
    assert.equal((await client.ping()).status, 404);
    assert.equal((await client.endSession()).status, 404);
  });

  it("are 64 at the most: a new one takes the place of the one idle longest", async (t) => {
    const { endpoint, client } = await createMcp(t);
    const raw: RawClient[] = [];
    while (raw.length < 63) raw.push(await RawClient.connect(endpoint));
    await client.ping();
    await raw[0]?.ping();

    const oneMore = await RawClient.connect(endpoint);

    assert.equal((await raw[1]?.ping())?.status, 404);
    for (const kept of [oneMore, raw[0], raw[2]]) assert.equal((await kept?.ping())?.status, 200);
    assert.deepEqual(await client.ping(), {});
  });

  it("with a request under way are kept: when all have one, a new session is refused", async (t) => {
    const { endpoint, client, launched } = await createMcp(t, roomy);
    const waiting = client.callTool({ name: "ssh_run", arguments: run });
    const responses: Response[] = [];
    for (let i = 0; i < 63; i++) {
      responses.push(await (await RawClient.connect(endpoint)).call("ssh_run", run));
    }

    const refused = await initialize(endpoint);

    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /close one, or wait for its answer/);
    const remote = await launched(1);
    remote.run();
    remote.exit(0);
    assert.equal((await waiting).isError, false);
    await responses.at(-1)?.body?.cancel();
    assert.equal((await initialize(endpoint)).status, 200);
  });

  it("are not kept for a client whose initialize was refused", async (t) => {
    const { endpoint, client } = await createMcp(t);
    const headers = {
      authorization: `Bearer ${endpoint.token}`,
      "content-type": "application/json",
      accept: "text/html",
    };
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "raw", version: "1" },
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params });

    for (let i = 0; i < 70; i++) {
      const { status } = await fetch(endpoint.url, { method: "POST", headers, body });
      assert.equal(status, 406);
    }

    assert.deepEqual(await client.ping(), {});
  });
});
