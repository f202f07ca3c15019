import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { z } from "zod";
import type { CancelReceipt } from "../tasks/cancelReceipt";
import { TaskError } from "../tasks/taskError";
import { sanitizeError } from "./sanitizeError";
import { wellFormed } from "./toolParams";

/** What a tool says: an object or a sentence, and whether that is an error. */
export interface ToolAnswer {
  readonly value: object | string;
  readonly isError: boolean;
}

/** Fields that are undefined are left out. */
export function answer(value: object, isError = false): ToolAnswer {
  return { value, isError };
}

/** A sentence that begins with what failed: `Error`, `Run error`. */
export function errorAnswer(message: string, prefix = "Error"): ToolAnswer {
  return { value: `${prefix}: ${message}`, isError: true };
}

/**
 * The one place where failures become words for an agent. `prefix` is the tool's own, for what is not the caller's fault;
 * `known` is what the caller has named itself.
 */
export function failureAnswer(
  error: unknown,
  prefix: string,
  known: readonly string[] = [],
): ToolAnswer {
  return errorAnswer(failureMessage(error, known), isCallersFault(error) ? "Error" : prefix);
}

export function isCallersFault(error: unknown): boolean {
  return error instanceof TaskError && error.code === "invalidRequest";
}

/** The sentence about a failure, without what is the user's alone; of one that nobody foresaw nothing is shown. */
export function failureMessage(error: unknown, known: readonly string[] = []): string {
  if (!(error instanceof TaskError))
    return "Something went wrong inside SSH Tasks. Its log says what; try again.";
  return isCallersFault(error) ? error.message : sanitizeError(error.message, known);
}

/** Both forms a client may read: the wrapped value, and the bare one as text. */
export function toCallToolResult({ value, isError }: ToolAnswer): CallToolResult {
  const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
  return {
    content: [{ type: "text", text }],
    structuredContent: { result: value },
    isError,
  };
}

/** Arguments that don't fit the schema: text only, since no answer of the tool itself exists. */
export function invalidArgumentsResult(toolName: string, error: z.ZodError): CallToolResult {
  const count = error.issues.length;
  const problems = error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  const text = [
    `Error executing tool ${toolName}: ${count} validation error${count === 1 ? "" : "s"} for ${toolName}Arguments`,
    ...problems,
    "Send arguments of the types in the tool's input schema and call it again.",
  ].join("\n");
  return { content: [{ type: "text", text }], isError: true };
}

export function unknownToolResult(toolName: string): CallToolResult {
  const name = Array.from(wellFormed(toolName)).slice(0, 100).join("");
  const text = `Unknown tool: ${name}. Call tools/list for the tools there are.`;
  return { content: [{ type: "text", text }], isError: true };
}

/** The receipt as clients get it: times of day in ISO 8601, times of signals in ms since the request. */
export function receiptOnWire(receipt: CancelReceipt): object {
  return {
    requested_by: receipt.requestedBy,
    reason: receipt.reason,
    requested_at: new Date(receipt.requestedAt).toISOString(),
    processes_found: receipt.processesFound,
    signals: receipt.signals.map(({ signal, count, at }) => ({
      signal,
      count,
      at_ms: Math.max(0, at - receipt.requestedAt), // somebody may have set the clock meanwhile
    })),
    verified: receipt.verified,
    verified_by: receipt.verifiedBy,
    gone_at: receipt.goneAt === undefined ? undefined : new Date(receipt.goneAt).toISOString(),
    duration_ms: receipt.durationMs,
    left: receipt.left.map(({ pid, user, command }) => ({ pid, user, command })),
    may_remain: receipt.mayRemain,
  };
}
