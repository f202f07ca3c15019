import { describeReceipt } from "./cancelReceipt";
import { isEnded, type Task } from "./task";

/** Ids and outcomes, no commands; what has ended by a cancel comes with its receipt. */
export function describeForLog(task: Task): string {
  const is = `${task.id} is ${task.status}`;
  if (!isEnded(task) || !task.receipt) return is;
  const { requestedBy } = task.receipt;
  return `${is}; cancel by ${requestedBy}: ${describeReceipt(task.receipt, task.alias)}`;
}
