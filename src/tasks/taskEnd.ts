import type { CancelReceipt } from "./cancelReceipt";
import type { RemoteEnd } from "./remoteHost";
import type { CancelledTask, CompletedTask, FailedTask, OnHost, TaskFacts } from "./task";
import { TaskError } from "./taskError";

/** What an ended task has whatever its end. */
type EndedFacts = TaskFacts & OnHost & { readonly endedAt: number };

/** The end of a task that nobody had to end: its own exit, or a failure before it ran. */
export function endOfItself(
  facts: EndedFacts,
  end: Exclude<RemoteEnd, { kind: "unseen" | "lost" }>,
  receipt?: CancelReceipt,
): CompletedTask | FailedTask {
  const common = { ...facts, ...(receipt && { receipt }) };
  if (end.kind === "neverRan" || end.kind === "gone") {
    const error = end.error ?? new Error("The command never ran.");
    return { ...common, status: "failed", exitCode: -1, timeout: false, error };
  }
  const { exitCode, signal, leftRunning } = end;
  const ended = { ...common, ...(leftRunning !== undefined && { leftRunning }) };
  if (exitCode === 0 && !signal) return { ...ended, status: "completed", exitCode };
  return { ...ended, status: "failed", exitCode, timeout: false, ...(signal && { signal }) };
}

/** The end of a task that a verified cancel ended; which one depends on who asked for it. */
export function endOfCancel(facts: EndedFacts, receipt: CancelReceipt): FailedTask | CancelledTask {
  const common = { ...facts, receipt };
  switch (receipt.requestedBy) {
    case "deadline":
      return { ...common, status: "failed", exitCode: -1, timeout: true };
    case "connection": {
      const what =
        receipt.processesFound > 0 ? "Its processes were stopped" : "Nothing of it is left";
      const error = new TaskError(
        "connectionLost",
        `${receipt.reason} ${what} on the host, verified. Start it again if it is still wanted.`,
      );
      return { ...common, status: "failed", exitCode: -1, timeout: false, error };
    }
    default:
      return { ...common, status: "cancelled" };
  }
}
