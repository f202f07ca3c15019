import assert from "node:assert/strict";
import http from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { createMcp } from "./createMcp";

describe("a port that the endpoint loses", () => {
  it("is taken again, once nobody else has it, and clients go on with token and session", async (t) => {
    const create = t.mock.method(http, "createServer");
    const { ask, clock, endpoint, log } = await createMcp(t);
    const [server] = create.mock.calls.map(({ result }) => result);
    assert.ok(server);
    await ask("ssh_ping");
    const { port } = server.address() as AddressInfo;
    const lost = once(server, "close");
    server.close();
    server.closeAllConnections();
    await lost;
    const other = createServer();
    await once(other.listen(port, "127.0.0.1"), "listening");
    const again = () => log.some((line) => line.includes("listens again"));

    const failed = once(server, "error");
    await clock.advance(100);
    assert.match(String(await failed), /EADDRINUSE/);
    assert.equal(again(), false);
    other.close();
    await eventually("it listens", async () => {
      await clock.advance(30_000);
      return again();
    });

    assert.equal(endpoint.url, `http://127.0.0.1:${port}/mcp`);
    await ask("ssh_ping");
  });
});
