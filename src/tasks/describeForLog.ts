import { describeReceipt } from "./cancelReceipt";
import { isEnded, type Task } from "./task";
import { TaskError } from "./taskError";

/** Ids and outcomes, no commands; what has ended by a cancel comes with its receipt. */
export function describeForLog(task: Task): string {
  const error = "error" in task ? task.error : undefined;
  const why = error
    ? `: ${error instanceof TaskError ? `${error.code}: ` : ""}${error.message}`
    : "";
  const is = `${task.id} is ${task.status}${why}`;
  if (!isEnded(task) || !task.receipt) return is;
  const { requestedBy } = task.receipt;
  return `${is}; cancel by ${requestedBy}: ${describeReceipt(task.receipt, task.alias)}`;
}
