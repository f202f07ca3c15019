import type { HostInfo } from "../tasks/remoteHost";
import type { Denial } from "../tasks/runGate";
import type { Task } from "../tasks/task";
import { hostNotFound } from "../tasks/taskError";
import type { StartRequest } from "../tasks/taskManager";
import { hashCommand } from "../tasks/taskId";
import { checkAlias, checkCommand, checkMaxSeconds } from "../tasks/taskRequest";
import type { ToolContext } from "./defineTool";
import { sanitizeError } from "./sanitizeError";
import { answer, type ToolAnswer } from "./toolResult";
import { tellEvery } from "./waitProgress";

export interface RunArgs {
  readonly alias: string;
  readonly command: string;
  /** Undefined where the client said nothing. */
  readonly max_seconds?: number | undefined;
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

const everyMs = 5000;

/**
 * Starts the command of a run tool where the gate allows it. From then on until the request is answered, its client
 * cancels the task by taking the request back. Rejects as TaskManager.startTask does.
 */
export async function startRun(
  args: RunArgs,
  context: ToolContext,
  how: Pick<StartRequest, "durable" | "merge" | "defaultSeconds"> = {},
): Promise<RunStart> {
  const alias = checkAlias(args.alias);
  const command = checkCommand(args.command);
  const { max_seconds: maxSeconds } = args;
  if (maxSeconds !== undefined) checkMaxSeconds(maxSeconds);
  const host = await context.catalog.findHost(alias);
  if (!host) throw hostNotFound(alias);
  const { asker, client, session, takenBack } = context;
  // Nobody has answered yet: a client that hears nothing may give its request up.
  const message = `waiting for the user to allow it on ${alias}`;
  const waiting = tellEvery(everyMs, 0, context, () => message);
  const request = { host, command, maxSeconds, client, session, takenBack, asker };
  const denial = await context.gate.admit(request).finally(() => waiting.dispose());
  if (denial) return { denied: { host, command, denial } };
  const start = { alias, command, startedBy: client, maxSeconds, ...how };
  const task = await context.tasks.startTask(start);
  cancelWhenTakenBack(task.id, context);
  return { task };
}

/** What a run tool says of a command that was denied. */
export function denialAnswer({ host, command, denial }: DeniedRun): ToolAnswer {
  const { alias, hostName } = host;
  const { reason, detail, denied_command, hint } = denial;
  const what =
    reason === "network"
      ? { alias, hostname: hostName, detail }
      : {
          alias,
          hash: hashCommand(command),
          command,
          detail: detail === undefined ? undefined : sanitizeError(detail, [alias]),
          denied_command,
        };
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
