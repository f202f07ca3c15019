import { within, type Clock } from "./clock";
import type { Disposable } from "./lifecycle";
import { isDurable, isEnded } from "./task";
import type { TaskRun } from "./taskRun";
import type { TaskStore } from "./taskStore";

/** How old, about, the kept output of a running task may be: so much is read from its host again after a crash. */
const outputMs = 30_000;

/** How long a start waits for the disk. */
const keptMs = 2000;

/** Keeps in the store what the next window needs of the tasks: each change at once, output now and then. */
export class TaskKeeper implements Disposable {
  /** Of the tasks that have printed something since their output was kept. */
  private readonly grown = new Map<string, TaskRun>();
  private timer: Disposable | undefined;

  constructor(
    private readonly store: TaskStore,
    private readonly clock: Clock,
  ) {}

  onChange(run: TaskRun): void {
    const { task } = run;
    // What is attached ends with its window, unless its cancel is still to be verified.
    if (!isDurable(task) && (task.status === "pending" || task.status === "running")) return;
    this.store.saveTask(task, run.process);
    if (!isEnded(task)) return;
    this.grown.delete(task.id);
    this.keepOutput(run);
  }

  onOutput(run: TaskRun): void {
    if (!isDurable(run.task)) return;
    this.grown.set(run.task.id, run);
    this.timer ??= this.clock.after(this.clock.about(outputMs), () => this.keepGrown());
  }

  /** Resolves when the next window would know of the task, or a while has passed: a disk that hangs keeps no task from running. */
  async isKept(taskId: string): Promise<void> {
    await within(this.clock, keptMs, this.store.saved(taskId));
  }

  remove(taskId: string): void {
    this.grown.delete(taskId);
    this.store.remove(taskId);
  }

  /** Resolves when all is kept. */
  async flush(): Promise<void> {
    this.keepGrown();
    await this.store.flush();
  }

  dispose(): void {
    this.timer?.dispose();
  }

  private keepGrown(): void {
    this.timer?.dispose();
    this.timer = undefined;
    for (const run of this.grown.values()) this.keepOutput(run);
    this.grown.clear();
  }

  private keepOutput({ task, output }: TaskRun): void {
    this.store.saveOutput(task.id, output.snapshot());
  }
}
