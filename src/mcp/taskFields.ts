import { describeReceipt } from "../tasks/cancelReceipt";
import type { Limits } from "../tasks/limits";
import type { OutputSlice } from "../tasks/outputLog";
import { elapsedMs, isDurable, leftRunning, type SettledTask, type Task } from "../tasks/task";
import { TaskError, type TaskErrorCode } from "../tasks/taskError";
import { sanitizeError } from "./sanitizeError";
import { receiptOnWire } from "./toolResult";
import { visibleOutput } from "../tasks/visibleText";

/** Seconds a client does well to leave between two questions after a task. */
export const pollSeconds = 5;
/** Bytes of an answer's text for all that is said beside the output. */
const besideOutputBytes = 64 * 1024;

const maxListedCommand = 200;

/** A command's outcome in the fields that clients know, times in ms. */
export function outcomeFields(task: SettledTask, now: number) {
  return {
    exit_code: "exitCode" in task ? task.exitCode : -1,
    duration_ms: elapsedMs(task, now),
    cancelled: task.status === "cancelled",
    timeout: endedByDeadline(task),
    target_ip: task.hostAddress,
  };
}

/** Whether it was its deadline that ended the task, or is about to. */
export function endedByDeadline(task: Task): boolean {
  if ("timeout" in task) return task.timeout;
  return "cancel" in task && task.cancel?.requestedBy === "deadline";
}

/** What is ours to add to any answer about a task; what doesn't apply is left out. */
export function evidenceFields(task: Task) {
  const receipt = "receipt" in task ? task.receipt : undefined;
  return {
    signal: "signal" in task ? task.signal : undefined,
    error: errorOf(task),
    error_code: errorCodeOf(task),
    durable: isDurable(task) || undefined,
    attached_because: "attachedBecause" in task ? task.attachedBecause : undefined,
    reconnecting: ("reconnecting" in task && task.reconnecting) || undefined,
    left_running: leftRunning(task) || undefined,
    receipt: receipt && receiptOnWire(receipt),
    note: receipt
      ? sanitizeError(describeReceipt(receipt, task.alias), [task.alias])
      : noteOf(task),
  };
}

/** Why the task failed, when it was not the command's own doing, as clients may hear it. */
export function errorOf(task: Task): string | undefined {
  const error = task.status === "failed" || task.status === "lost" ? task.error : undefined;
  return error && sanitizeError(error.message, [task.alias]);
}

/** The code that goes with it. */
function errorCodeOf(task: Task): TaskErrorCode | undefined {
  const error = task.status === "failed" || task.status === "lost" ? task.error : undefined;
  return error instanceof TaskError ? error.code : undefined;
}

/**
 * Describes as much of a task's output as one answer holds; undefined when there is none to read. In JSON a byte can take
 * six (`\u0000`), and three where it is no UTF-8: of such output there is less in an answer.
 */
export function fitOutput<Output>(
  { maxResultBytes }: Pick<Limits, "maxResultBytes">,
  read: (maxBytes: number) => Output | undefined,
  describe: (output: Output, maxBytes: number) => object,
): object | undefined {
  for (let maxBytes = maxResultBytes; ;) {
    const output = read(maxBytes);
    if (!output) return undefined;
    const described = describe(output, maxBytes);
    const size = Buffer.byteLength(JSON.stringify(described, undefined, 2));
    if (size <= maxResultBytes + besideOutputBytes || maxBytes === 0) return described;
    maxBytes = Math.floor(maxBytes / 2);
  }
}

/** Both streams as one text; the reason why there is none where the command never ran. */
export function outputText(task: Task, output: OutputSlice): string {
  const streams = [output.stdout, output.stderr].map(visibleOutput).map(withoutLastNewlines);
  const text = streams.filter((stream) => stream !== "").join("\n");
  return text === "" ? (errorOf(task) ?? "") : text;
}

/** Not a regular expression: /\n+$/ takes minutes for a megabyte of newlines before something else. */
function withoutLastNewlines(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\n") end--;
  return text.slice(0, end);
}

/** Where output was left out; nothing where it is whole. */
export function gapFields({ gaps: [gap, ...others] }: OutputSlice) {
  return { gap, more_gaps: others.length > 0 ? others : undefined };
}

/** The command, cut where an answer is about something else. */
export function shortCommand(command: string): string {
  const characters = Array.from(command);
  return characters.length > maxListedCommand
    ? `${characters.slice(0, maxListedCommand).join("")}…`
    : command;
}

function noteOf(task: Task): string | undefined {
  if (task.status === "cancelling") {
    return `A cancel is under way; until it is verified it may still run on ${task.alias}.`;
  }
  if (task.status === "lost") return `It may still run on ${task.alias}; a cancel finds out.`;
  const left = leftRunning(task);
  if (left === 0) return undefined;
  return `It left ${left === 1 ? "1 process" : `${left} processes`} running on ${task.alias}; the user can end them with Stop Leftovers.`;
}
