import type { TaskView } from "../panel/protocol";
import { isCancellable, isEnded, type LiveTask, type Task } from "../tasks/task";
import { formatElapsed, isTicking } from "./elapsed";
import { describeDoor, describeStatus, noteOf, titleOf, visible } from "./taskText";

const maxCommandLength = 2000;

/** A task as the panel draws it. */
export function createTaskView(task: Task, now: number): TaskView {
  const note = noteOf(task);
  const command = visible(task.command);
  return {
    id: task.id,
    alias: task.alias,
    title: titleOf(task.command, 300),
    command: command.length > maxCommandLength ? `${command.slice(0, maxCommandLength)}…` : command,
    status: task.status,
    statusText: describeStatus(task),
    facts: factsOf(task),
    ...(note && { note: { ...note, text: visible(note.text) } }),
    ...(isCancellable(task) && { cancel: isUnverified(task) ? "Retry Cancel" : "Cancel" }),
    createdAt: task.createdAt,
    ...(!isTicking(task) && { elapsed: formatElapsed(task, now) }),
  };
}

/** Whether a cancel was tried and could not be verified. */
function isUnverified(task: LiveTask): boolean {
  return "receipt" in task && task.receipt !== undefined;
}

function factsOf(task: Task): string[] {
  const facts = [`started by ${describeDoor(task.startedBy)}`];
  if (task.status === "cancelling" || task.status === "lost") {
    facts.push(`cancel requested by ${describeDoor(task.cancel.requestedBy)}`);
  }
  if (task.status === "cancelled") {
    facts.push(`cancelled by ${describeDoor(task.receipt.requestedBy)}`);
  } else if (isEnded(task) && task.exitCode >= 0) {
    facts.push(`exit code ${task.exitCode}`);
  }
  return facts;
}
