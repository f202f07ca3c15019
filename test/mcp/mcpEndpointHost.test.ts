import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMcp } from "./createMcp";
import { RawSocket } from "./rawSocket";

/** The status of a ping without a session: 400 says that it got past the checks of who asks. */
const passed = 400;

describe("who asks the MCP endpoint", () => {
  const cases: [string, (port: string) => readonly string[], number][] = [
    ["a Host in capitals", (port) => [`Host: LOCALHOST:${port}`], passed],
    ["a Host that is the IPv6 loopback address", (port) => [`Host: [::1]:${port}`], passed],
    ["a Host with a dot at its end", (port) => [`Host: localhost.:${port}`], 403],
    ["a Host that only begins well", (port) => [`Host: 127.0.0.1.evil.example:${port}`], 403],
    ["a Host with a user", (port) => [`Host: evil@127.0.0.1:${port}`], 403],
    ["a Host that is another loopback address", (port) => [`Host: 127.0.0.2:${port}`], 403],
    ["a Host that is any address", (port) => [`Host: 0.0.0.0:${port}`], 403],
    ["a Host that is a number", (port) => [`Host: 2130706433:${port}`], 403],
    ["a Host without the port", () => ["Host: 127.0.0.1"], 403],
    ["a Host with another port", () => ["Host: 127.0.0.1:1"], 403],
    ["an empty Host", () => ["Host:"], 403],
    ["no Host", () => [], 400],
    [
      "two Hosts, the first one ours",
      (port) => [`Host: 127.0.0.1:${port}`, "Host: evil.example"],
      403,
    ],
    ["the same Host twice", (port) => [`Host: 127.0.0.1:${port}`, `Host: 127.0.0.1:${port}`], 403],
    [
      "two Origins, the first one ours",
      (port) => [
        `Host: 127.0.0.1:${port}`,
        `Origin: http://127.0.0.1:${port}`,
        "Origin: http://evil.example",
      ],
      403,
    ],
    [
      "an Origin over TLS",
      (port) => [`Host: 127.0.0.1:${port}`, `Origin: https://127.0.0.1:${port}`],
      403,
    ],
    ["an empty Origin", (port) => [`Host: 127.0.0.1:${port}`, "Origin:"], 403],
    [
      "a second token",
      (port) => [`Host: 127.0.0.1:${port}`, "Authorization: Bearer other"],
      passed,
    ],
    [
      "two session ids",
      (port) => [`Host: 127.0.0.1:${port}`, "Mcp-Session-Id: a", "Mcp-Session-Id: b"],
      404,
    ],
  ];
  for (const [what, headers, status] of cases) {
    it(`with ${what} gets ${status}`, async (t) => {
      const { endpoint } = await createMcp(t);

      assert.equal(await statusOf(t, endpoint, "1.1", headers), status);
    });
  }

  it("with no Host over HTTP/1.0 gets 403, and with ours what over HTTP/1.1", async (t) => {
    const { endpoint } = await createMcp(t);

    assert.equal(await statusOf(t, endpoint, "1.0", () => []), 403);
    assert.equal(await statusOf(t, endpoint, "1.0", (port) => [`Host: 127.0.0.1:${port}`]), passed);
  });

  it("with the token after another one is not let in: the first counts", async (t) => {
    const { endpoint } = await createMcp(t);
    const other = { url: endpoint.url, token: "other" };
    const headers = (port: string): string[] => [
      `Host: 127.0.0.1:${port}`,
      `Authorization: Bearer ${endpoint.token}`,
    ];

    assert.equal(await statusOf(t, other, "1.1", headers), 401);
  });
});

async function statusOf(
  t: Parameters<typeof RawSocket.open>[0],
  endpoint: { readonly url: string; readonly token: string },
  version: string,
  headers: (port: string) => readonly string[],
): Promise<number | undefined> {
  const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
  const socket = await RawSocket.open(t, endpoint);
  socket.send(
    [
      `POST /mcp HTTP/${version}`,
      `Authorization: Bearer ${endpoint.token}`,
      ...headers(new URL(endpoint.url).port),
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );
  return socket.statusAtClose();
}
