import assert from "node:assert/strict";
import type { McpEndpoint } from "../../src/mcp/mcpEndpoint";
import type { Fields } from "./createMcp";

/** A client that says what it is told to, and can hang up at any moment. */
export class RawClient {
  private lastId = 0;

  private constructor(
    private readonly endpoint: Pick<McpEndpoint, "url" | "token">,
    readonly sessionId: string,
  ) {}

  static async connect(endpoint: Pick<McpEndpoint, "url" | "token">): Promise<RawClient> {
    const response = await initialize(endpoint);
    assert.equal(response.status, 200);
    return new RawClient(endpoint, response.headers.get("mcp-session-id") ?? "");
  }

  /** Resolves with the head of the response, when its body may still be under way. */
  call(tool: string, args: Fields, signal?: AbortSignal): Promise<Response> {
    const params = { name: tool, arguments: args };
    return this.post({ id: ++this.lastId, method: "tools/call", params }, signal);
  }

  /** Takes the last call back. */
  takeBack(requestId = this.lastId): Promise<Response> {
    return this.post({ method: "notifications/cancelled", params: { requestId } });
  }

  /** Takes the next call back, before it is made. */
  takeBackNext(): Promise<Response> {
    return this.takeBack(this.lastId + 1);
  }

  ping(): Promise<Response> {
    return this.post({ id: ++this.lastId, method: "ping" });
  }

  /** The stream on which the server may speak first. */
  listen(signal?: AbortSignal): Promise<Response> {
    return fetch(this.endpoint.url, {
      headers: headersFor(this.endpoint, this.sessionId),
      ...(signal && { signal }),
    });
  }

  endSession(): Promise<Response> {
    return fetch(this.endpoint.url, {
      method: "DELETE",
      headers: headersFor(this.endpoint, this.sessionId),
    });
  }

  /** Sends anything as the body of a request. */
  send(body: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.endpoint.url, {
      method: "POST",
      headers: { ...headersFor(this.endpoint, this.sessionId), ...headers },
      body,
    });
  }

  private post(message: Fields, signal?: AbortSignal): Promise<Response> {
    return fetch(this.endpoint.url, {
      method: "POST",
      headers: headersFor(this.endpoint, this.sessionId),
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      ...(signal && { signal }),
    });
  }
}

export function initialize(endpoint: Pick<McpEndpoint, "url" | "token">): Promise<Response> {
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "raw", version: "1" },
  };
  return fetch(endpoint.url, {
    method: "POST",
    headers: headersFor(endpoint),
    body: JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params }),
  });
}

function headersFor(
  { token }: Pick<McpEndpoint, "token">,
  sessionId?: string,
): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(sessionId !== undefined && { "mcp-session-id": sessionId }),
  };
}
