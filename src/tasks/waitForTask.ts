import type { Clock } from "./clock";
import type { Event } from "./lifecycle";
import { isSettled, type Task } from "./task";

export interface WaitOptions {
  /** Milliseconds to wait at the most; for ever when absent. */
  readonly timeoutMs?: number;
  /** Aborting it ends the waiting, never the task. */
  readonly signal?: AbortSignal;
}

interface Tasks {
  getTask(taskId: string): Task | undefined;
  readonly onDidChangeTask: Event<Task>;
  readonly onDidRemoveTask: Event<string>;
}

/** Resolves with the task once it has ended or is `lost`, or as it is when the waiting ends before that. */
export function waitForTask(
  tasks: Tasks,
  clock: Clock,
  taskId: string,
  options: WaitOptions,
): Promise<Task | undefined> {
  const now = tasks.getTask(taskId);
  if (!now || isSettled(now) || options.signal?.aborted) return Promise.resolve(now);
  return new Promise((resolve) => {
    const done = (): void => {
      change.dispose();
      removal.dispose();
      timer?.dispose();
      options.signal?.removeEventListener("abort", done);
      resolve(tasks.getTask(taskId));
    };
    const change = tasks.onDidChangeTask((task) => {
      if (task.id === taskId && isSettled(task)) done();
    });
    const removal = tasks.onDidRemoveTask((id) => {
      if (id === taskId) done();
    });
    const timer =
      options.timeoutMs === undefined ? undefined : clock.after(options.timeoutMs, done);
    options.signal?.addEventListener("abort", done);
  });
}
