import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import { cancelsTasks } from "./defineTool";
import type { Limits } from "../tasks/limits";
import { tools } from "./tools";

const cancelTools = new Set(
  tools.filter((tool) => tool.annotations === cancelsTasks).map((tool) => tool.name),
);

/** The requests among what a client sent, a message or a batch of them, as far as that can be told without a check. */
export function requestsIn(sent: unknown): readonly Fields[] {
  const messages: readonly unknown[] = Array.isArray(sent) ? sent : [sent];
  return messages.map(fieldsOf).filter((message) => "method" in message && "id" in message);
}

/** How many requests a session may have under way, these included: a cancel still finds a place when nothing else does. */
export function maxUnderWay(
  requests: readonly Fields[],
  { maxMcpRequestsPerSession }: Limits,
): number {
  const onlyCancels = requests.every(
    ({ method, params }) =>
      method === "tools/call" && cancelTools.has(String(fieldsOf(params).name)),
  );
  return onlyCancels ? 2 * maxMcpRequestsPerSession : maxMcpRequestsPerSession;
}

/** The request that a message takes back, which thereby never gets an answer. */
export function takenBackIn(message: unknown): RequestId | undefined {
  const { method, params } = fieldsOf(message);
  if (method !== "notifications/cancelled") return undefined;
  const { requestId } = fieldsOf(params);
  return typeof requestId === "string" || typeof requestId === "number" ? requestId : undefined;
}

/** The id to answer with, of a message that may be none. */
export function idOf(message: unknown): RequestId | null {
  const { id } = fieldsOf(message);
  return typeof id === "string" || typeof id === "number" ? id : null;
}

export interface Fields {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly requestId?: unknown;
  readonly name?: unknown;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value : {};
}
