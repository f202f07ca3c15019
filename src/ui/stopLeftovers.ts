import { describeReceipt } from "../tasks/cancelReceipt";
import type { TaskManager } from "../tasks/taskManager";
import type { Door } from "./cancelTask";
import type { Notify } from "./notify";

export interface LeftoverParts {
  readonly tasks: Pick<TaskManager, "getTask" | "stopLeftovers">;
  readonly notify: Pick<Notify, "inform" | "warn">;
}

const retry = "Try Again";

/** Ends what an ended task left on its host, and tells the person what the tree and the panel don't: that it is not verified. */
export async function stopLeftovers(
  { tasks, notify }: LeftoverParts,
  taskId: string,
  door: Door,
): Promise<void> {
  const request = { requestedBy: door, reason: "requested by the user" } as const;
  for (;;) {
    const task = tasks.getTask(taskId);
    const receipt = await tasks.stopLeftovers(taskId, request);
    if (!task || !receipt) {
      notify.inform("This SSH task has left nothing running.");
      return;
    }
    if (receipt.verified) return;
    if ((await notify.warn(describeReceipt(receipt, task.alias), [retry])) !== retry) return;
  }
}
