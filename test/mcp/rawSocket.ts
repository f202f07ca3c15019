import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { McpEndpoint } from "../../src/mcp/mcpEndpoint";
import { eventually } from "../support/eventually";

/** A connection to an endpoint on which a test says what no HTTP client would. */
export class RawSocket {
  /** What came back so far. */
  received = "";
  closed = false;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => (this.received += text));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.closed = true));
  }

  /** Ends with the test. */
  static async open(t: TestContext, endpoint: Pick<McpEndpoint, "url">): Promise<RawSocket> {
    const socket = connect(Number(new URL(endpoint.url).port), "127.0.0.1");
    t.after(() => socket.destroy());
    const raw = new RawSocket(socket);
    await once(socket, "connect");
    return raw;
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Reads nothing any more. */
  pause(): void {
    this.socket.pause();
  }

  hangUp(): void {
    this.socket.destroy();
  }

  /** The status of each answer so far. */
  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  }

  /** Resolves with the status of the first answer once the server has closed the connection. */
  async statusAtClose(ms?: number): Promise<number | undefined> {
    await eventually("the server closes the connection", () => this.closed, ms);
    return this.statuses[0];
  }
}

/** A request in HTTP's own words, without a body of its own choosing. */
export function rawRequest(
  { url, token }: Pick<McpEndpoint, "url" | "token">,
  { body = "", sessionId, headers = [] }: RawRequest = {},
): string {
  return [
    "POST /mcp HTTP/1.1",
    `Host: ${new URL(url).host}`,
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    "Accept: application/json, text/event-stream",
    ...(sessionId === undefined ? [] : [`Mcp-Session-Id: ${sessionId}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    "",
    body,
  ].join("\r\n");
}

interface RawRequest {
  readonly body?: string;
  readonly sessionId?: string;
  readonly headers?: readonly string[];
}
