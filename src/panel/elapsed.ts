import prettyMs from "pretty-ms";
import type { TaskView } from "./protocol";

/** The elapsed time in words, as the tree has it; `now` is on the extension's clock. */
export function elapsedText(task: TaskView, now: number): string {
  if (task.elapsed !== undefined) return task.elapsed;
  const ms = now - task.createdAt;
  return ms < 1000 ? "0s" : prettyMs(ms, { secondsDecimalDigits: 0, unitCount: 2 });
}

/** Whether its elapsed time grows by itself. */
export function isTicking(task: TaskView): boolean {
  return task.elapsed === undefined;
}
