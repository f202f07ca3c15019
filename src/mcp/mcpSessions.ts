import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { connectMcpServer, type McpServerParts } from "./mcpServer";

const maxSessions = 64;

/** One client's conversation: a transport and a server of its own. */
export class McpSession {
  /** POSTs that are not answered yet. */
  private underWay = 0;

  constructor(
    readonly id: string,
    private readonly transport: StreamableHTTPServerTransport,
  ) {}

  /** Whether the client's initialize was accepted. */
  get initialized(): boolean {
    return this.transport.sessionId !== undefined;
  }

  get busy(): boolean {
    return this.underWay > 0;
  }

  /** Answers a request; its body is given where it was read already. Resolves when the answer has begun. */
  async serve(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
    if (request.method === "POST") {
      this.underWay++;
      response.once("close", () => this.underWay--);
    }
    await this.transport.handleRequest(request, response, body);
  }

  /** Ends its streams. What its client started goes on. */
  close(): Promise<void> {
    return this.transport.close();
  }
}

/** The sessions of one endpoint, bounded: a new one takes the place of the one that is idle longest. */
export class McpSessions {
  /** In the order of their last use. */
  private readonly sessions = new Map<string, McpSession>();

  constructor(private readonly parts: McpServerParts) {}

  /** The session with this id, which thereby counts as used. */
  use(id: string): McpSession | undefined {
    const session = this.sessions.get(id);
    if (session && this.sessions.delete(id)) this.sessions.set(id, session);
    return session;
  }

  /** A session whose first request must be initialize; undefined when all have requests under way. */
  async open(): Promise<McpSession | undefined> {
    if (this.sessions.size >= maxSessions && !this.closeIdlest()) return undefined;
    const id = randomUUID();
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => id });
    transport.onclose = () => void this.sessions.delete(id);
    const session = new McpSession(id, transport);
    this.sessions.set(id, session);
    await connectMcpServer(this.parts, transport);
    return session;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.sessions.values()].map((session) => session.close()));
  }

  private closeIdlest(): boolean {
    for (const session of this.sessions.values()) {
      if (session.busy) continue;
      this.sessions.delete(session.id);
      void session.close();
      return true;
    }
    return false;
  }
}
