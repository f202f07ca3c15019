import type { Task } from "../tasks/task";
import type { StartRequest } from "../tasks/taskManager";
import { hashCommand } from "../tasks/taskId";
import { checkAlias, checkCommand } from "../tasks/taskRequest";
import type { ToolContext } from "./defineTool";
import { answer, type ToolAnswer } from "./toolResult";

export interface RunArgs {
  readonly alias: string;
  readonly command: string;
  readonly max_seconds: number;
}

/** The task that was started, or the denial to answer with. */
export type RunStart =
  | { readonly task: Task; readonly denial?: undefined }
  | { readonly task?: undefined; readonly denial: ToolAnswer };

/**
 * Starts the command of a run tool where the gate allows it. From then on until the request is answered, its client
 * cancels the task by taking the request back. Rejects as TaskManager.startTask does.
 */
export async function startRun(
  args: RunArgs,
  context: ToolContext,
  how: Pick<StartRequest, "durable" | "merge"> = {},
): Promise<RunStart> {
  const alias = checkAlias(args.alias);
  const command = checkCommand(args.command);
  const hint = context.gate.check();
  if (hint !== undefined) return { denial: deny(alias, command, hint) };
  const { client } = context;
  const request = { alias, command, startedBy: client, maxSeconds: args.max_seconds, ...how };
  const task = await context.tasks.startTask(request);
  cancelWhenTakenBack(task.id, context);
  return { task };
}

function deny(alias: string, command: string, hint: string): ToolAnswer {
  const hash = hashCommand(command);
  return answer({ status: "denied", reason: "policy", alias, hash, command, hint }, true);
}

/** Needs no undoing: once a request is answered, its signal is never aborted. */
function cancelWhenTakenBack(taskId: string, { tasks, client, takenBack }: ToolContext): void {
  const cancel = (): void => {
    void tasks.cancelTask(taskId, { requestedBy: client, reason: "request stopped by the client" });
  };
  if (takenBack.aborted) cancel();
  else takenBack.addEventListener("abort", cancel, { once: true });
}
