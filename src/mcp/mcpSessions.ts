import { randomUUID } from "node:crypto";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Disposable } from "../tasks/lifecycle";
import type { Limits } from "../tasks/limits";
import { connectMcpServer, type McpServerParts } from "./mcpServer";
import { McpSession } from "./mcpSession";

const sweepMs = 60_000;

/** The sessions of one endpoint: those nobody uses are closed, and a new one too many takes the place of the one that is idle longest. */
export class McpSessions {
  /** In the order of their last use. */
  private readonly sessions = new Map<string, McpSession>();
  /** The next look for idle sessions, as long as there are any sessions. */
  private sweep: Disposable | undefined;

  constructor(
    private readonly parts: McpServerParts,
    private readonly limits: Limits,
  ) {}

  /** The session with this id, which thereby counts as used. */
  use(id: string): McpSession | undefined {
    const session = this.sessions.get(id);
    if (session && this.sessions.delete(id)) this.sessions.set(id, session);
    return session;
  }

  /** A session whose first request must be initialize; undefined when all have requests under way. */
  async open(): Promise<McpSession | undefined> {
    while (this.sessions.size >= this.limits.maxMcpSessions) {
      if (!this.closeIdlest()) return undefined;
    }
    const id = randomUUID();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      // On listening streams and on those of answers that take long: neither client nor proxy gives them up.
      keepAliveMs: this.limits.mcpKeepAliveSeconds * 1000,
    });
    transport.onclose = () => this.remove(id);
    const session = new McpSession(id, transport, this.parts.clock, this.limits);
    this.sessions.set(id, session);
    this.sweep ??= this.planSweep();
    await connectMcpServer(this.parts, transport);
    return session;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.sessions.values()].map((session) => session.close()));
  }

  private closeIdlest(): boolean {
    for (const session of this.sessions.values()) {
      if (session.busy) continue;
      void session.close();
      return true;
    }
    return false;
  }

  private planSweep(): Disposable {
    return this.parts.clock.after(sweepMs, () => {
      this.sweep = this.planSweep();
      for (const session of [...this.sessions.values()]) {
        if (session.idleMs >= this.limits.mcpSessionIdleSeconds * 1000) void session.close();
      }
    });
  }

  private remove(id: string): void {
    this.sessions.delete(id);
    if (this.sessions.size > 0) return;
    this.sweep?.dispose();
    this.sweep = undefined;
  }
}
