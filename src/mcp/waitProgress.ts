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
  context: ToolContext,
): Disposable {
  const { tasks, clock } = context;
  return tellEvery(everyMs, totalSeconds, context, () => {
    const task = tasks.getTask(taskId);
    if (!task) return undefined;
    const ran = Math.round(elapsedMs(task, clock.now()) / 1000);
    const line = tasks.lastLines(taskId, 1, 4 * maxLine)?.lines.at(-1) ?? "";
    const shown = Array.from(visibleOutput(line)).slice(0, maxLine).join("");
    return [`${task.status} for ${ran} s`, shown].filter(Boolean).join(" · ");
  });
}

/** Tells the client of a request again and again how far it is, until it is disposed or there is no more to say. */
export function tellEvery(
  ms: number,
  totalSeconds: number,
  { clock, tellProgress }: Pick<ToolContext, "clock" | "tellProgress">,
  describe: () => string | undefined,
): Disposable {
  const began = clock.elapsed();
  const again = (): Disposable => clock.after(ms, tell);
  const tell = (): void => {
    const message = describe();
    if (message === undefined) return;
    tellProgress({ seconds: Math.round((clock.elapsed() - began) / 1000), totalSeconds, message });
    timer = again();
  };
  let timer = again();
  return { dispose: () => timer.dispose() };
}
