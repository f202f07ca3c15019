import { describeReceipt, type CancelReceipt } from "./cancelReceipt";
import { isEnded, type Task } from "./task";

/** The answer to a cancel: of an unknown or ended task nothing is accepted, and that is no error. */
export interface CancelOutcome {
  /** A cancel was begun or joined. */
  readonly accepted: boolean;
  /** The task as it is now; undefined when no task has the id. */
  readonly task?: Task;
  readonly receipt?: CancelReceipt;
  /** One sentence for people about what is known of the end. */
  readonly note?: string;
}

/** What to answer once the cancel of this task was accepted and waited for. */
export function describeOutcome(task: Task): CancelOutcome {
  const receipt = "receipt" in task ? task.receipt : undefined;
  if (receipt)
    return {
      accepted: true,
      task,
      receipt,
      note: describeReceipt(receipt, task.alias),
    };
  const note = isEnded(task)
    ? "It ended by itself before it could be cancelled."
    : `Not verified: it may still run on ${task.alias}; the cancel goes on.`;
  return { accepted: true, task, note };
}
