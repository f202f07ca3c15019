import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { performance } from "node:perf_hooks";
import { describe, it } from "node:test";
import { eventually } from "./eventually";
import { startTcpProxy } from "./tcpProxy";

describe("a proxy that delays", () => {
  it("has every byte take its time there and back, in order", async (t) => {
    const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const proxy = await startTcpProxy(address.port, 50);
    t.after(() => proxy.close());
    const client = connect({ port: proxy.port, host: "127.0.0.1" });
    let text = "";
    client.on("data", (bytes: Buffer) => (text += bytes.toString()));
    const began = performance.now();

    client.write("one ");
    client.write("two");
    await eventually("both are back", () => text.length >= 7);

    assert.equal(text, "one two");
    assert.ok(performance.now() - began >= 98); // a timer may be early by a part of a millisecond
    client.destroy();
  });
});
