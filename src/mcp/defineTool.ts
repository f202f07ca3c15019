import { z } from "zod";
import type { Clock } from "../tasks/clock";
import type { Limits } from "../tasks/limits";
import type { ConsentAsker } from "../tasks/consent";
import type { RunGate } from "../tasks/runGate";
import type { Task } from "../tasks/task";
import type { HostCatalog } from "../tasks/remoteHost";
import type { TaskManager } from "../tasks/taskManager";
import type { ClientLog } from "./clientLog";
import type { ToolAnswer } from "./toolResult";

/** What clients are told about a tool's effects; all four are stated for every tool. */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

export interface Progress {
  readonly seconds: number;
  /** After which the request is answered in any case; 0 when nobody knows. */
  readonly totalSeconds: number;
  readonly message: string;
}

/** The part of the core that tools may use. */
export type ToolTasks = Pick<
  TaskManager,
  | "startTask"
  | "cancelTask"
  | "getTask"
  | "listTasks"
  | "listProcesses"
  | "waitForTask"
  | "summarizeOutput"
  | "lastLines"
  | "lineCount"
  | "outputSize"
  | "keepSeconds"
  | "readOutput"
  | "onDidChangeTask"
  | "onDidRemoveTask"
  | "onDidAppendOutput"
>;

/** What one call of a tool has to work with. */
export interface ToolContext {
  readonly tasks: ToolTasks;
  readonly catalog: HostCatalog;
  readonly gate: RunGate;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "maxResultBytes">;
  /** Who calls. */
  readonly client: `agent:${string}`;
  /** Names its session in what is recorded; no secret. */
  readonly session: string;
  /** Asks the person behind the client; undefined where it can't. */
  readonly asker: ConsentAsker | undefined;
  /** Tells the client how far its request is, in seconds, while it is not answered; nothing where it did not ask for that. */
  readonly tellProgress: (progress: Progress) => void;
  /** What the client is told of besides. */
  readonly log: ClientLog;
  /** Tells the client of the task's end, and of what becomes of it until then. */
  readonly followTask: (task: Task) => void;
  /** Aborted when the client takes this request back, and never because its connection or session ended. */
  readonly takenBack: AbortSignal;
}

export interface ToolDefinition<Params extends z.ZodRawShape> {
  /** The name it is served under. */
  readonly name: string;
  readonly title: string;
  /** For a model: what it does, and when another tool is the better one. */
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly params: Params;
  /** How the sentence of a failure begins that is not the caller's: `Run error`. */
  readonly errorPrefix: string;
  readonly handle: (
    args: z.output<z.ZodObject<Params>>,
    context: ToolContext,
  ) => ToolAnswer | Promise<ToolAnswer>;
}

/** A tool whose arguments nobody has looked at yet. */
export interface Tool extends Omit<ToolDefinition<z.ZodRawShape>, "params" | "handle"> {
  readonly params: z.ZodObject;
  /** Rejects with a ZodError when the arguments are not those of `params`, and with what the handler throws. */
  call(args: unknown, context: ToolContext): Promise<ToolAnswer>;
}

export const readsOnly: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

/** The world is closed: the user's own hosts. Open, VS Code would ask a second time, before it shows the output. */
export const runsCommands: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: false,
};

export const cancelsTasks: ToolAnnotations = { ...runsCommands, idempotentHint: true };

/** Makes a tool from its definition. */
export function defineTool<Params extends z.ZodRawShape>(definition: ToolDefinition<Params>): Tool {
  const { params, handle, ...rest } = definition;
  const schema = z.object(params);
  return {
    ...rest,
    params: schema,
    call: async (args, context) => handle(schema.parse(args ?? {}), context),
  };
}
