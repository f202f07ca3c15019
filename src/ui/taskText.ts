import { describeReceipt, type CancelRequest } from "../tasks/cancelReceipt";
import { isDurable, leftRunning, type FailedTask, type Task } from "../tasks/task";

/** A sentence about a task, and how much it should worry. */
export interface TaskNote {
  readonly text: string;
  readonly kind: "verified" | "warning" | "error";
}

/** The command's first line, cut to `maxLength`; characters that reorder or hide text are made visible. */
export function titleOf(command: string, maxLength: number): string {
  const text = visible(command).trim();
  const line = text.split(/\r\n|\r|\n/, 1)[0] ?? "";
  if (line.length > maxLength) return `${line.slice(0, maxLength - 1)}…`;
  return line.length < text.length ? `${line} …` : line;
}

/** Bidirectional controls can make a command read as another one (CVE-2021-42574). */
export function visible(text: string): string {
  return text.replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");
}

/** Text for the labels of quick picks, where `$(name)` would be drawn as an icon. */
export function plainLabel(text: string): string {
  return text.replace(/\$\((?=[\w-]+(~[\w-]+)?\))/g, "\\$(");
}

/** The state in one or two words, with what is worth knowing of its end. */
export function describeStatus(task: Task): string {
  switch (task.status) {
    case "pending":
      return "Pending";
    case "running":
      return task.reconnecting ? "Reconnecting" : "Running";
    case "cancelling":
      return "Cancelling";
    case "lost":
      return "Lost";
    case "completed":
      return "Completed";
    case "failed":
      return describeFailure(task);
    case "cancelled":
      return "Cancelled";
  }
}

/** What else there is to say: what went wrong, or the receipt of its cancel. */
export function noteOf(task: Task): TaskNote | undefined {
  if (task.status === "failed" && task.error) return { text: task.error.message, kind: "error" };
  if (task.status === "lost" && task.error) return { text: task.error.message, kind: "warning" };
  if (task.status === "running" && task.reconnecting)
    return { text: runsOn(task), kind: "warning" };
  const receipt = "receipt" in task ? task.receipt : undefined;
  if (!receipt) return noteOfLeftovers(task);
  const text = describeReceipt(receipt, task.alias);
  return { text, kind: receipt.verified ? "verified" : "warning" };
}

function runsOn({ alias }: Task): string {
  return `It runs on, without a link to ${alias}. Its output comes once there is one again.`;
}

function noteOfLeftovers(task: Task): TaskNote | undefined {
  const left = leftRunning(task);
  if (left === 0) return undefined;
  const what = left === 1 ? "1 process" : `${left} processes`;
  return { text: `It left ${what} running on ${task.alias}.`, kind: "warning" };
}

/** Whether a task that was to outlive its connection and its window does. */
export function describeDurability(task: Task): string {
  if (isDurable(task)) return "runs on without this window";
  const why = "attachedBecause" in task ? task.attachedBecause : undefined;
  return `ends with its connection: ${why ?? "it could not be kept"}`;
}

/** Who or what started a task or asked for a cancel, as in "by you". */
export function describeDoor(door: string): string {
  const [, agent] = /^agent:(.+)$/s.exec(door) ?? [];
  if (agent !== undefined) return visible(agent);
  return isPerson(door) ? "you" : (otherDoors[door] ?? door);
}

function describeFailure(task: FailedTask): string {
  if (task.timeout) return "Timed out";
  if (task.signal !== undefined) return `Failed (${task.signal})`;
  return task.exitCode >= 0 ? `Failed (${task.exitCode})` : "Failed";
}

function isPerson(door: string): boolean {
  return ["tree", "webview", "palette", "terminal"].includes(door);
}

const otherDoors: Readonly<Partial<Record<string, string>>> = {
  deadline: "its deadline",
  shutdown: "the end of the session",
  connection: "the loss of the connection",
} satisfies Partial<Record<CancelRequest["requestedBy"], string>>;

/** Of a task that another window has. */
export const elsewhere = "in another window";
