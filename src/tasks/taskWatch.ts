import type { Clock } from "./clock";
import { DisposableStore, type Disposable } from "./lifecycle";
import type { OutputCursor } from "./outputLog";
import type { OutputStream } from "./remoteHost";
import { isSettled, type Task } from "./task";
import type { TaskQueries } from "./taskQueries";

/** Output is looked at so often, and so much of it at a time: a flood must not hold up everybody else. */
const lookMs = 100;
const lookBytes = 128 * 1024;
/** Of a line that does not end, what is compared. */
const maxLine = 64 * 1024;

/** Why a wait is over: the task has ended or is `lost`, or is gone; `stopped` is the waiter's own wish. */
export type WatchEnd = "ended" | "matched" | "silent" | "timeout" | "stopped" | "removed";

export interface WatchOptions {
  /** Where the output begins that is compared. */
  readonly from: OutputCursor;
  /** Called with each line, without its newline, also with one that has not ended yet. */
  readonly matches?: (line: string) => boolean;
  /** Ends the wait when nothing was printed for so long. */
  readonly silentMs?: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

type WatchedTasks = Pick<
  TaskQueries,
  "getTask" | "readOutput" | "onDidChangeTask" | "onDidRemoveTask" | "onDidAppendOutput"
>;

/** Waits for the first of what the options name. Only the waiting ends, never the task. Never rejects. */
export function watchTask(
  tasks: WatchedTasks,
  clock: Clock,
  taskId: string,
  options: WatchOptions,
): Promise<{ readonly reason: WatchEnd; readonly line?: string }> {
  return new Promise((resolve) => {
    const watch = new TaskWatch(tasks, clock, taskId, options, (reason, line) => {
      watch.dispose();
      resolve(line === undefined ? { reason } : { reason, line });
    });
    watch.start();
  });
}

class TaskWatch implements Disposable {
  private readonly owned = new DisposableStore();
  private readonly partial: Record<OutputStream, string> = { stdout: "", stderr: "" };
  private cursor: OutputCursor;
  private lastOutput: number;
  private look: Disposable | undefined;
  private silence: Disposable | undefined;
  private over = false;

  constructor(
    private readonly tasks: WatchedTasks,
    private readonly clock: Clock,
    private readonly taskId: string,
    private readonly options: WatchOptions,
    private readonly finish: (reason: WatchEnd, line?: string) => void,
  ) {
    this.cursor = options.from;
    this.lastOutput = clock.elapsed();
  }

  start(): void {
    const { tasks, taskId, owned } = this;
    const { signal, timeoutMs } = this.options;
    owned.add(tasks.onDidChangeTask((task) => task.id === taskId && this.onChange(task)));
    owned.add(tasks.onDidRemoveTask((id) => id === taskId && this.end("removed")));
    owned.add(tasks.onDidAppendOutput((id) => id === taskId && this.onOutput()));
    owned.add(this.clock.after(timeoutMs, () => this.end("timeout")));
    const onAbort = (): void => this.end("stopped");
    signal?.addEventListener("abort", onAbort);
    owned.add({ dispose: () => signal?.removeEventListener("abort", onAbort) });
    this.awaitSilence();
    const task = tasks.getTask(taskId);
    if (signal?.aborted) this.end("stopped");
    else if (!task) this.end("removed");
    else if (isSettled(task)) this.onChange(task);
    else this.scan();
  }

  dispose(): void {
    this.over = true;
    this.look?.dispose();
    this.silence?.dispose();
    this.owned.dispose();
  }

  private end(reason: WatchEnd, line?: string): void {
    if (!this.over) this.finish(reason, line);
  }

  private onChange(task: Task): void {
    if (!isSettled(task)) return;
    this.scan();
    this.end("ended");
  }

  private onOutput(): void {
    this.lastOutput = this.clock.elapsed();
    if (this.options.matches) this.look ??= this.clock.after(lookMs, () => this.scan());
  }

  private awaitSilence(): void {
    const { silentMs } = this.options;
    if (silentMs === undefined) return;
    const left = this.lastOutput + silentMs - this.clock.elapsed();
    if (left <= 0) this.end("silent");
    else this.silence = this.clock.after(left, () => this.awaitSilence());
  }

  private scan(): void {
    this.look = undefined;
    const { matches } = this.options;
    const output = matches && this.tasks.readOutput(this.taskId, this.cursor, lookBytes);
    if (!output || this.over) return;
    this.cursor = output.next;
    for (const stream of ["stdout", "stderr"] as const) {
      if (output.gaps.some((gap) => gap.stream === stream)) this.partial[stream] = "";
      const lines = (this.partial[stream] + output[stream]).split("\n");
      this.partial[stream] = (lines.at(-1) ?? "").slice(-maxLine);
      const line = output[stream] === "" ? undefined : lines.find(matches);
      if (line !== undefined) {
        this.end("matched", line);
        return;
      }
    }
    if (output.more) this.look = this.clock.after(1, () => this.scan());
  }
}
