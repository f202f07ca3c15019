import type { Disposable } from "../tasks/lifecycle";
import { elapsedMs } from "../tasks/task";
import type { ToolContext } from "./defineTool";
import { visibleOutput } from "../tasks/visibleText";

const everyMs = 2000;
const maxLine = 200;

/** Tells the client of a request that waits for a task, until it is disposed: for how long, and the last line printed. */
export function tellProgressOf(
  taskId: string,
  totalSeconds: number,
  { tasks, clock, tellProgress }: ToolContext,
): Disposable {
  const began = clock.elapsed();
  const again = (): Disposable => clock.after(everyMs, tell);
  const tell = (): void => {
    const task = tasks.getTask(taskId);
    if (!task) return;
    const ran = Math.round(elapsedMs(task, clock.now()) / 1000);
    const line = tasks.lastLines(taskId, 1, 4 * maxLine)?.lines.at(-1) ?? "";
    const shown = Array.from(visibleOutput(line)).slice(0, maxLine).join("");
    const message = [`${task.status} for ${ran} s`, shown].filter(Boolean).join(" · ");
    tellProgress({ seconds: Math.round((clock.elapsed() - began) / 1000), totalSeconds, message });
    timer = again();
  };
  let timer = again();
  return { dispose: () => timer.dispose() };
}
