import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import type { Disposable } from "../tasks/lifecycle";
import { asError } from "../tasks/taskError";
import { BearerToken } from "./bearerToken";
import { refusals, refuse, tooLarge, type HttpRefusal } from "./httpRefusal";
import { isLocalRequest } from "./localRequest";
import type { Limits } from "../tasks/limits";
import type { McpServerParts } from "./mcpServer";
import { McpSessions } from "./mcpSessions";
import { OpenAnswers } from "./openAnswers";
import { readJsonBody } from "./requestBody";

export interface McpEndpointOptions extends McpServerParts {
  /** TCP port of the loopback address; a free one when absent or 0. */
  readonly port?: number;
}

/** How often Node looks for clients that take too long to send a request. */
const connectionsCheckingInterval = 1000;

/** Milliseconds before each attempt to have a lost port again; the last one from then on. */
const relistenPauses = [100, 1000, 5000, 30_000];

/** MCP over Streamable HTTP on 127.0.0.1, for whoever has the token. */
export class McpEndpoint {
  private readonly bearer = new BearerToken();
  private readonly answers = new OpenAnswers();
  private readonly limits: Limits;
  private readonly sessions: McpSessions;
  private readonly server: Server;
  private port = 0;
  /** Whether connections are refused, which is said once. */
  private full = false;
  private disposed = false;
  private relistening: Disposable | undefined;

  private constructor(private readonly options: McpEndpointOptions) {
    this.limits = options.limits;
    this.sessions = new McpSessions(options, this.limits);
    this.server = createServer({ connectionsCheckingInterval });
    this.bound();
    this.server.on("connection", (socket) => this.onConnection(socket));
    this.server.on("drop", () => this.onDrop());
    this.server.on("request", (request, response) => void this.onRequest(request, response));
  }

  /** Resolves once it listens. Rejects with a sentence when the port can't be had. */
  static async start(options: McpEndpointOptions): Promise<McpEndpoint> {
    const endpoint = new McpEndpoint(options);
    await endpoint.listen(options.port ?? 0);
    endpoint.keepListening();
    options.logger.info(`MCP endpoint listens at ${endpoint.url}`);
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  /** The secret a client needs; it must not get into a log. */
  get token(): string {
    return this.bearer.value;
  }

  /** Ends all sessions and connections at once. What clients started goes on. */
  async dispose(): Promise<void> {
    this.disposed = true;
    this.relistening?.dispose();
    if (!this.server.listening) {
      await this.sessions.closeAll();
      return;
    }
    const closed = once(this.server, "close");
    this.server.close();
    await this.sessions.closeAll();
    this.server.closeAllConnections();
    await closed;
  }

  private async listen(port: number): Promise<void> {
    try {
      await once(this.server.listen(port, "127.0.0.1"), "listening");
      this.port = (this.server.address() as AddressInfo).port;
    } catch (error) {
      const message = `Can't listen on port ${port} of 127.0.0.1: ${asError(error).message}. Choose another port, or 0 for a free one.`;
      throw new Error(message, { cause: error });
    }
  }

  /** A port that is lost is taken again, however long that takes: clients know it, the token and their sessions. */
  private keepListening(): void {
    const { logger } = this.options;
    this.server.on("error", (error) => logger.error(`MCP endpoint: ${error.message}`));
    this.server.on("close", () => {
      if (this.disposed) return;
      logger.warn(`MCP endpoint: port ${this.port} was lost, and is taken again.`);
      this.listenAgain(0);
    });
  }

  private listenAgain(attempt: number): void {
    const { clock, logger } = this.options;
    const pause = relistenPauses[Math.min(attempt, relistenPauses.length - 1)] ?? 0;
    this.relistening = clock.after(pause, () => {
      this.listen(this.port).then(
        () => {
          if (this.disposed) this.server.close();
          else logger.info(`MCP endpoint listens again at ${this.url}`);
        },
        () => {
          if (!this.disposed) this.listenAgain(attempt + 1);
        },
      );
    });
  }

  /** What Node looks at by itself is told anew with each connection. */
  private bound(): void {
    this.server.maxConnections = this.limits.maxMcpConnections;
    this.server.headersTimeout = this.limits.mcpHeadersSeconds * 1000;
    this.server.requestTimeout = this.limits.mcpRequestSeconds * 1000;
  }

  private onConnection(socket: Socket): void {
    this.full = false;
    this.bound();
    this.answers.watch(socket);
  }

  /** One connection too many is closed without a word: to tell it something would take the resources that are bounded here. */
  private onDrop(): void {
    if (!this.full) {
      this.options.logger.warn(
        `MCP endpoint: all ${this.limits.maxMcpConnections} connections are taken. End clients that are not needed.`,
      );
    }
    this.full = true;
    this.bound();
  }

  private async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.answers.add(request.socket, response);
    try {
      const refusal = this.check(request) ?? (await this.serve(request, response));
      if (!refusal) return;
      this.options.logger.warn(`MCP request refused with ${refusal.status}`);
      refuse(response, refusal);
    } catch (error) {
      if (response.destroyed) return; // The client went away: nobody is left to be told.
      this.options.logger.error(`MCP endpoint: ${asError(error).message}`);
      if (response.headersSent) response.destroy();
      else refuse(response, refusals.failed);
    }
  }

  /** What is wrong with the request before its body is looked at. */
  private check(request: IncomingMessage): HttpRefusal | undefined {
    // Of several Hosts Node takes the first, and whoever stands between may have taken another.
    const hosts = request.headersDistinct["host"]?.length;
    if (hosts !== 1 || !isLocalRequest(request.headers, this.port)) return refusals.notLocal;
    if (!this.bearer.matches(request.headers.authorization)) return refusals.notAuthorized;
    if (request.url?.split("?", 1)[0] !== "/mcp") return refusals.notFound;
    if (!["GET", "POST", "DELETE"].includes(request.method ?? "")) return refusals.methodNotAllowed;
    return undefined;
  }

  private async serve(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<HttpRefusal | undefined> {
    let message: unknown;
    if (request.method === "POST") {
      const { maxMcpBodyBytes } = this.limits;
      const body = await readJsonBody(request, maxMcpBodyBytes);
      if (body.kind === "tooLarge") return tooLarge(maxMcpBodyBytes);
      if (body.kind === "notJson") return refusals.notJson;
      message = body.value;
    }
    const sessionId = request.headers["mcp-session-id"];
    if (sessionId !== undefined) {
      const session = this.sessions.use(String(sessionId));
      return session ? session.serve(request, response, message) : refusals.unknownSession;
    }
    if (!isInitializeRequest(message)) return refusals.noSession;
    return this.initialize(request, response, message);
  }

  private async initialize(
    request: IncomingMessage,
    response: ServerResponse,
    message: unknown,
  ): Promise<HttpRefusal | undefined> {
    const session = await this.sessions.open();
    if (!session) return refusals.tooManySessions;
    const refusal = await session.serve(request, response, message);
    if (!session.initialized) await session.close();
    return refusal;
  }
}
