/** What one MCP server allows its clients. Each is looked at when it matters, so that a change counts from then on. */
export interface McpLimits {
  /** Sessions over HTTP at the same time. */
  readonly maxSessions: number;
  /** Seconds after which a session is closed in which nothing was under way and nobody listened; looked at once a minute. */
  readonly sessionIdleSeconds: number;
  /** Requests of one session that are not answered yet; calls of the cancel tools may be as many again. */
  readonly maxRequestsPerSession: number;
  /** TCP connections at the same time. */
  readonly maxConnections: number;
  /** Bytes of one HTTP body. */
  readonly maxBodyBytes: number;
  /** Seconds a client may take to send the head of a request. */
  readonly headersSeconds: number;
  /** Seconds a client may take to send a whole request; an answer may stream for ever. */
  readonly requestSeconds: number;
  /** Seconds between the signs of life on a stream that has nothing to say. */
  readonly keepAliveSeconds: number;
  /** Bytes of one line over stdio. */
  readonly maxLineBytes: number;
  /** Bytes of answers over stdio that the client has not read, above which we read no more of its requests. */
  readonly maxUnreadBytes: number;
}

export const defaultMcpLimits: McpLimits = {
  maxSessions: 64,
  sessionIdleSeconds: 30 * 60,
  maxRequestsPerSession: 64,
  maxConnections: 256,
  maxBodyBytes: 1024 * 1024,
  headersSeconds: 10,
  requestSeconds: 30,
  keepAliveSeconds: 15,
  maxLineBytes: 10 * 1024 * 1024,
  maxUnreadBytes: 16 * 1024 * 1024,
};
