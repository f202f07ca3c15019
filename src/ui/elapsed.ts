import prettyMs from "pretty-ms";
import { elapsedMs, isEnded, isSettled, type Task } from "../tasks/task";

/** How long the task took, or has taken so far: whole seconds while it counts, as "1m 5s". */
export function formatElapsed(task: Task, now: number): string {
  const ms = elapsedMs(task, task.status === "lost" ? task.lostAt : now);
  return isEnded(task) && ms < 60_000 ? prettyMs(ms) : formatSeconds(ms);
}

/** The same for the tree, which draws a task's line and its buttons anew for every other text: fewer of them. */
export function formatElapsedInSteps(task: Task, now: number): string {
  if (!isTicking(task)) return formatElapsed(task, now);
  const ms = elapsedMs(task, now);
  return formatSeconds(ms - (ms % stepMs(ms)));
}

/** Whether its elapsed time grows by itself. */
export function isTicking(task: Task): boolean {
  return !isSettled(task);
}

function formatSeconds(ms: number): string {
  return ms < 1000 ? "0s" : prettyMs(ms, { secondsDecimalDigits: 0, unitCount: 2 });
}

function stepMs(ms: number): number {
  if (ms < 10_000) return 1000;
  return ms < 600_000 ? 5000 : 60_000;
}
