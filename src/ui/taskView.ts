import type { TaskAction, TaskView } from "../panel/protocol";
import { isEnded, type Task } from "../tasks/task";
import type { TreeContext } from "./commandIds";
import { formatElapsed, isTicking } from "./elapsed";
import { receiptLines } from "./receiptText";
import {
  describeDoor,
  describeDurability,
  describeStatus,
  elsewhere,
  noteOf,
  titleOf,
  visible,
} from "./taskText";
import { contextOf } from "./treeContext";

const maxCommandLength = 2000;

/** A task as the panel draws it. */
export function createTaskView(task: Task, isElsewhere: boolean, now: number): TaskView {
  const note = noteOf(task);
  const receipt = "receipt" in task ? task.receipt : undefined;
  const action = actions[contextOf(task)];
  const command = visible(task.command);
  return {
    id: task.id,
    alias: task.alias,
    title: titleOf(task.command, 300),
    command: command.length > maxCommandLength ? `${command.slice(0, maxCommandLength)}…` : command,
    status: task.status,
    statusText: describeStatus(task),
    facts: isElsewhere ? [elsewhere, ...factsOf(task)] : factsOf(task),
    ...(note && { note: { ...note, text: visible(note.text) } }),
    ...(receipt && { receipt: receiptLines(receipt) }),
    ...(action && { action }),
    createdAt: task.createdAt,
    ...(!isTicking(task) && { elapsed: formatElapsed(task, now) }),
  };
}

const actions: Readonly<Record<TreeContext, TaskAction | undefined>> = {
  cancellable: { kind: "cancel", label: "Cancel" },
  cancelling: { kind: "forceKill", label: "Force Kill" },
  lost: { kind: "cancel", label: "Retry Cancel" },
  ended: undefined,
  endedWithLeftovers: { kind: "stopLeftovers", label: "Stop Leftovers" },
};

function factsOf(task: Task): string[] {
  const facts = [`started by ${describeDoor(task.startedBy)}`];
  if (task.durable && !isEnded(task)) facts.push(describeDurability(task));
  if ("cancel" in task && task.cancel) {
    facts.push(`cancel requested by ${describeDoor(task.cancel.requestedBy)}`);
  }
  if (task.status === "cancelled") {
    facts.push(`cancelled by ${describeDoor(task.receipt.requestedBy)}`);
  } else if (isEnded(task) && task.exitCode >= 0) {
    facts.push(`exit code ${task.exitCode}`);
  }
  return facts;
}
