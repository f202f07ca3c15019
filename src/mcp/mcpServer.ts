import { randomBytes } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  type ClientCapabilities,
  type JSONRPCMessage,
  type ServerNotification,
} from "@modelcontextprotocol/sdk/types.js";
import type { Logger } from "../tasks/logger";
import { callTool } from "./callTool";
import { ClientLog } from "./clientLog";
import { serveLogging, servePrompts, serveResources } from "./clientSession";
import type { Tool, ToolContext } from "./defineTool";
import type { Limits } from "../tasks/limits";
import { elicitInSession } from "./elicitConsent";
import { RequestProgress } from "./requestProgress";
import { RequestCancellation } from "./requestCancellation";
import { ResourceNews } from "./resources/resourceNews";
import { TaskMessages } from "./taskMessages";
import { describeTool } from "./toolSchemas";
import { unknownToolResult } from "./toolResult";
import { tools } from "./tools";

/** What every session is made of. */
export interface McpServerParts extends Omit<
  ToolContext,
  "client" | "session" | "asker" | "takenBack" | "tellProgress" | "log" | "followTask" | "limits"
> {
  readonly logger: Logger;
  readonly limits: Limits;
  /** The product's, told to clients. */
  readonly version: string;
}

const instructions = [
  "Runs commands on the user's SSH hosts as tasks. ssh_list_hosts gives the aliases.",
  "For a command of up to a minute use ssh_run; for anything longer ssh_run_async, then ssh_wait_task, which gives the new",
  "output and, once it has ended, the exit code.",
  "A task goes on when you stop waiting for it or stop asking; only ssh_cancel_async_task or ssh_cancel ends it.",
  "It is certainly gone from its host only when the status is cancelled and the receipt says verified: true.",
].join(" ");

/** Makes the server of one session and connects it to the client behind the transport. */
export async function connectMcpServer(
  parts: McpServerParts,
  transport: Transport,
): Promise<McpServer> {
  const cancellation = new RequestCancellation();
  const server = createMcpServer(parts, cancellation);
  transport.onmessage = dropNullArguments;
  cancellation.watch(transport);
  await server.connect(transport);
  return server;
}

/** Clients in languages whose empty map is `null` send that for no arguments; the SDK, which reads after us, refuses it. */
function dropNullArguments(message: JSONRPCMessage): void {
  if (!("method" in message) || message.method !== "tools/call") return;
  if (message.params?.arguments === null) delete message.params.arguments;
}

/** A server for one session, not connected yet. */
export function createMcpServer(
  parts: McpServerParts,
  cancellation: RequestCancellation,
): McpServer {
  const mcp = new McpServer(
    { name: "ssh-tasks", title: "SSH Tasks", version: parts.version },
    { instructions },
  );
  mcp.server.onerror = (error) => parts.logger.debug(`MCP session: ${withoutContent(error)}`);

  const send = (notification: ServerNotification) => mcp.server.notification(notification);
  const log = new ClientLog(send);
  const messages = new TaskMessages(parts.tasks, parts.clock, log);
  const news = new ResourceNews(parts.tasks, parts.clock, send);
  mcp.server.onclose = () => {
    messages.dispose();
    news.dispose();
  };
  serveTools(mcp, { ...parts, log, followTask: (task) => messages.follow(task) }, cancellation);
  serveResources(mcp, parts, news);
  servePrompts(mcp);
  serveLogging(mcp, log);
  return mcp;
}

function serveTools(
  mcp: McpServer,
  parts: McpServerParts & Pick<ToolContext, "log" | "followTask">,
  cancellation: RequestCancellation,
): void {
  const { server } = mcp;
  const listed = tools.map(describeTool);
  const session = randomBytes(4).toString("hex");
  const elicit = elicitInSession();
  const byName = new Map<string, Tool>(tools.map((tool) => [tool.name, tool]));
  server.registerCapabilities({ tools: {} });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listed }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = byName.get(params.name);
    if (!tool) return unknownToolResult(params.name);
    const client = nameClient(server.getClientVersion()?.name);
    const takenBack = cancellation.takenBack(extra.signal);
    const progress = new RequestProgress(extra._meta?.progressToken, extra.sendNotification);
    const asker = canBeAsked(server.getClientCapabilities())
      ? elicit(extra.sendRequest)
      : undefined;
    const tellProgress = progress.tell;
    const context = { ...parts, client, session, asker, takenBack, tellProgress };
    const result = await callTool(tool, params.arguments, context, parts.logger);
    progress.end();
    return result;
  });
}

/** Whether the client shows forms (MCP, client/elicitation); one that names no mode does. */
function canBeAsked(client: ClientCapabilities | undefined): boolean {
  const { elicitation } = client ?? {};
  return elicitation !== undefined && (elicitation.form !== undefined || !elicitation.url);
}

/** `agent:` and the client's own name, at most 60 characters that are safe in any log line or view. */
export function nameClient(name = ""): `agent:${string}` {
  const safe = name
    .trim()
    .slice(0, 60)
    .replace(/[^A-Za-z0-9 ._/-]/g, "_");
  return `agent:${safe === "" ? "unknown" : safe}`;
}

/** The SDK's messages quote what the client sent after a colon, parsers' anywhere; commands don't belong in logs. */
function withoutContent(error: Error): string {
  return error.name === "Error" ? error.message.replace(/:.*/s, "") : error.name;
}
