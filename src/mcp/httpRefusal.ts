import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Why a request is not served: an HTTP status, and a sentence with the next step. */
export interface HttpRefusal {
  readonly status: number;
  readonly message: string;
  /** JSON-RPC's code; -32000 when absent. */
  readonly code?: number;
  readonly headers?: OutgoingHttpHeaders;
}

/** Answers with a JSON-RPC error, which is what MCP clients show. */
export function refuse(response: ServerResponse, refusal: HttpRefusal): void {
  const error = { code: refusal.code ?? -32000, message: refusal.message };
  response
    .writeHead(refusal.status, { "content-type": "application/json", ...refusal.headers })
    .end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
}

/** For a body that nobody has read to its end. */
export function tooLarge(maxBytes: number): HttpRefusal {
  return { status: 413, message: `Body too large: send at most ${maxBytes} bytes in one request.` };
}

/** For a batch that finds no room even when nothing else is under way. */
export function batchTooLarge(maxRequests: number): HttpRefusal {
  const message = `Batch too large: send at most ${maxRequests} requests in one.`;
  return { status: 400, code: -32600, message };
}

export const refusals = {
  notLocal: {
    status: 403,
    message:
      "Only for local clients: Host, sent once, and Origin where there is one, must name 127.0.0.1 or localhost and this server's port.",
  },
  notAuthorized: {
    status: 401,
    message: "Send the header Authorization: Bearer TOKEN with the token this server started with.",
    headers: { "www-authenticate": "Bearer" },
  },
  notFound: { status: 404, message: "Nothing here: the MCP endpoint is /mcp." },
  methodNotAllowed: {
    status: 405,
    message: "Use POST, GET or DELETE.",
    headers: { allow: "GET, POST, DELETE" },
  },
  notJson: {
    status: 400,
    code: -32700,
    message: "Parse error: send a body that is one JSON-RPC message as JSON.",
  },
  noSession: {
    status: 400,
    message:
      "Mcp-Session-Id header is missing: send initialize first, then its session id with every request.",
  },
  unknownSession: {
    status: 404,
    code: -32001,
    message: "Session not found: send initialize for a new one.",
  },
  tooManyRequests: {
    status: 429,
    message:
      "Too many requests under way in this session: wait for an answer or cancel one, then send it again.",
    headers: { "retry-after": "1" },
  },
  tooManySessions: {
    status: 503,
    message: "All sessions have requests under way: close one, or wait for its answer.",
  },
  failed: {
    status: 500,
    code: -32603,
    message: "Something went wrong inside SSH Tasks. Its log says what; try again.",
  },
} satisfies Record<string, HttpRefusal>;
