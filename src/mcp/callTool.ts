import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { Logger } from "../tasks/logger";
import { asError, TaskError } from "../tasks/taskError";
import type { Tool, ToolContext } from "./defineTool";
import { tellFailure } from "./errorEvent";
import {
  failureAnswer,
  failureMessage,
  invalidArgumentsResult,
  isCallersFault,
  toCallToolResult,
} from "./toolResult";

/** What happens around every tool: its arguments are checked, the call is logged, a failure becomes an answer. Never rejects. */
export async function callTool(
  tool: Tool,
  args: unknown,
  context: ToolContext,
  logger: Logger,
): Promise<CallToolResult> {
  const log = (outcome: string): void =>
    logger.debug(`${tool.name} called by ${context.client}: ${outcome}`);
  try {
    const result = toCallToolResult(await tool.call(args, context));
    log(result.isError ? "answered with an error" : "answered");
    return result;
  } catch (error) {
    if (error instanceof z.ZodError) {
      log("wrong arguments");
      return invalidArgumentsResult(tool.name, error);
    }
    if (error instanceof TaskError) log(`failed: ${error.code}: ${error.message}`);
    else logger.error(`${tool.name} failed: ${asError(error).stack ?? String(error)}`);
    const known = namesIn(args);
    if (!isCallersFault(error))
      tellFailure(tool.name, args, failureMessage(error, known), context.log);
    return toCallToolResult(failureAnswer(error, tool.errorPrefix, known));
  }
}

/** What the caller has named: it may be named in turn. */
function namesIn(args: unknown): readonly string[] {
  return typeof args === "object" && args !== null
    ? Object.values(args).filter((value) => typeof value === "string")
    : [];
}
