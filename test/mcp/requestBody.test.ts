import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { readJsonBody, type RequestBody } from "../../src/mcp/requestBody";

/** A server that reads one body of at most 20 bytes, and a client half way through sending it. */
async function createRequest(t: TestContext) {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: "127.0.0.1", port, method: "POST" });
  sent.on("error", () => undefined);
  sent.flushHeaders();
  const [received] = (await once(server, "request")) as [IncomingMessage];
  return { sent, body: readJsonBody(received, 20) };
}

describe("a request body", () => {
  const rows: [string, readonly (string | Buffer)[], RequestBody][] = [
    ["JSON in one piece", ['{"a":1}'], { kind: "json", value: { a: 1 } }],
    [
      "JSON cut inside a character",
      [Buffer.from('"é"').subarray(0, 2), Buffer.from('"é"').subarray(2)],
      { kind: "json", value: "é" },
    ],
    ["no JSON", ["hello"], { kind: "notJson" }],
    ["nothing", [], { kind: "notJson" }],
    ["20 bytes", [`"${"x".repeat(18)}"`], { kind: "json", value: "x".repeat(18) }],
    ["more than 20 bytes in pieces", ["[1,2,3,4", ",5,6,7,8", ",9,10]"], { kind: "tooLarge" }],
  ];
  for (const [what, pieces, expected] of rows) {
    it(`of ${what} is read as ${expected.kind}`, async (t) => {
      const { sent, body } = await createRequest(t);

      for (const piece of pieces) sent.write(piece);
      sent.end();

      assert.deepEqual(await body, expected);
    });
  }

  it("that its client never finishes is a failure", async (t) => {
    const { sent, body } = await createRequest(t);

    sent.write("{");
    sent.destroy();

    await assert.rejects(body, /aborted/);
  });
});
