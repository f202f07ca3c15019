import type { HostInfo } from "../tasks/remoteHost";
import type { Task } from "../tasks/task";
import { hostNotFound } from "../tasks/taskError";
import type { StartRequest } from "../tasks/taskManager";
import { hashCommand } from "../tasks/taskId";
import { checkAlias, checkCommand, checkMaxSeconds } from "../tasks/taskRequest";
import type { ToolContext } from "./defineTool";
import type { Denial } from "./runGate";
import { answer, type ToolAnswer } from "./toolResult";

export interface RunArgs {
  readonly alias: string;
  readonly command: string;
  readonly max_seconds: number;
}

/** The task that was started, or why it was not. */
export type RunStart =
  | { readonly task: Task; readonly denied?: undefined }
  | { readonly task?: undefined; readonly denied: DeniedRun };

export interface DeniedRun {
  readonly host: HostInfo;
  readonly command: string;
  readonly denial: Denial;
}

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
  checkMaxSeconds(args.max_seconds);
  const host = await context.catalog.findHost(alias);
  if (!host) throw hostNotFound(alias);
  const { client, takenBack } = context;
  const denial = await context.gate.admit({ host, command, client, takenBack });
  if (denial) return { denied: { host, command, denial } };
  const request = { alias, command, startedBy: client, maxSeconds: args.max_seconds, ...how };
  const task = await context.tasks.startTask(request);
  cancelWhenTakenBack(task.id, context);
  return { task };
}

/** What a run tool says of a command that was denied. */
export function denialAnswer({ host, command, denial }: DeniedRun): ToolAnswer {
  const { alias, hostName } = host;
  const { reason, detail, hint } = denial;
  const what =
    reason === "network"
      ? { alias, hostname: hostName, detail }
      : { alias, hash: hashCommand(command), command, detail };
  return answer({ status: "denied", reason, ...what, hint }, true);
}

/** Needs no undoing: once a request is answered, its signal is never aborted. */
function cancelWhenTakenBack(taskId: string, { tasks, client, takenBack }: ToolContext): void {
  const cancel = (): void => {
    void tasks.cancelTask(taskId, { requestedBy: client, reason: "request stopped by the client" });
  };
  if (takenBack.aborted) cancel();
  else takenBack.addEventListener("abort", cancel, { once: true });
}
