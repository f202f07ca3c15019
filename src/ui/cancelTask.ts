import type { PersonalDoor } from "../tasks/cancelReceipt";
import type { CancelOutcome } from "../tasks/cancelOutcome";
import { isEnded } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import type { Notify } from "./notify";

export type { PersonalDoor as Door } from "../tasks/cancelReceipt";

export interface CancelParts {
  readonly tasks: Pick<TaskManager, "cancelTask">;
  readonly notify: Pick<Notify, "inform" | "warn">;
}

const retry = "Retry Cancel";

/** Cancels for a person, with `force` without any grace, and tells them what the tree and the panel don't: that it came too late, or is not verified. */
export async function cancelTask(
  { tasks, notify }: CancelParts,
  taskId: string,
  door: PersonalDoor,
  force = false,
): Promise<void> {
  const request = {
    requestedBy: door,
    reason: "requested by the user",
    ...(force && { force }),
  } as const;
  for (;;) {
    const outcome = await tasks.cancelTask(taskId, request);
    if (isUnverified(outcome)) {
      const answer = await notify.warn(outcome.note ?? "Not verified: it may still run.", [retry]);
      if (answer === retry) continue;
    } else if (!outcome.receipt) {
      notify.inform(outcome.note ?? "This SSH task had already ended.");
    }
    return;
  }
}

function isUnverified({ accepted, receipt, task }: CancelOutcome): boolean {
  if (!accepted) return false;
  return receipt ? !receipt.verified : !task || !isEnded(task);
}
