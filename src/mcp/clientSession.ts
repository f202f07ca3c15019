import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { ClientLog } from "./clientLog";
import { completeArgument } from "./completion";
import type { McpServerParts } from "./mcpServer";
import { getPrompt, prompts } from "./prompts";
import { readResource } from "./resources/readResource";
import type { ResourceNews } from "./resources/resourceNews";
import { jsonType, listResources, resourceTemplates } from "./resources/resources";

const maxShownUri = 200;

/** Serves resources, with news of those that the client follows, and the completion of what names them. */
export function serveResources(mcp: McpServer, parts: McpServerParts, news: ResourceNews): void {
  const { server } = mcp;
  server.registerCapabilities({
    resources: { subscribe: true, listChanged: true },
    completions: {},
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => {
    const tasks = parts.tasks.listTasks();
    news.onListed(tasks.map(({ id }) => id));
    return { resources: listResources(tasks) };
  });
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [...resourceTemplates],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }) => {
    const value = await readResource(uri, parts);
    if (!value) throw resourceNotFound(uri);
    const text = JSON.stringify(value, undefined, 2);
    return { contents: [{ uri, mimeType: jsonType, text }] };
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    if (news.follow(uri)) return {};
    throw new McpError(ErrorCode.InvalidRequest, "Too many resources are followed; unsubscribe.");
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    news.unfollow(uri);
    return {};
  });
  server.setRequestHandler(CompleteRequestSchema, async ({ params: { ref, argument } }) => ({
    completion: await completeArgument(ref, argument, parts),
  }));
}

export function servePrompts({ server }: McpServer): void {
  server.registerCapabilities({ prompts: {} });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: [...prompts] }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params: { name } }) => {
    const prompt = getPrompt(name);
    if (!prompt) throw new McpError(ErrorCode.InvalidParams, "There is no prompt of that name.");
    return prompt;
  });
}

export function serveLogging({ server }: McpServer, log: ClientLog): void {
  server.registerCapabilities({ logging: {} });
  server.setRequestHandler(SetLevelRequestSchema, ({ params: { level } }) => {
    log.setLevel(level);
    return {};
  });
}

/** MCP, server/resources: -32002. */
function resourceNotFound(uri: string): McpError {
  return new McpError(-32002, `Resource not found: ${uri.slice(0, maxShownUri)}`);
}
