import type { Clock } from "./clock";
import type { Limits } from "./limits";
import type { Kept } from "./outputMemory";
import { isEnded, type EndedTask, type Task } from "./task";
import type { TaskRun } from "./taskRun";

export type KeepLimits = Pick<Limits, "maxKept" | "keepSeconds">;

/** Which tasks there are, and how long the ended ones are kept. */
export class TaskRegistry {
  private readonly runs = new Map<string, TaskRun>();

  constructor(
    private readonly limits: KeepLimits,
    private readonly clock: Clock,
    private readonly onRemove: (run: TaskRun) => void,
  ) {}

  add(run: TaskRun): void {
    this.runs.set(run.task.id, run);
  }

  find(taskId: string): TaskRun | undefined {
    const run = this.runs.get(taskId);
    if (run && this.hasExpired(run.task)) this.remove(taskId);
    return this.runs.get(taskId);
  }

  /** In the order they were added. */
  list(): TaskRun[] {
    this.prune();
    return [...this.runs.values()];
  }

  remove(taskId: string): void {
    const run = this.runs.get(taskId);
    if (!run) return;
    this.runs.delete(taskId);
    this.onRemove(run);
  }

  /** The outputs that are kept, those of the oldest tasks first. */
  *outputs(): Generator<Kept> {
    for (const { output, task } of this.runs.values()) yield { output, ended: isEnded(task) };
  }

  /** Forgets the ended tasks that are too old or too many. */
  prune(): void {
    const ended: EndedTask[] = [];
    for (const { task } of this.runs.values()) if (isEnded(task)) ended.push(task);
    ended.sort((a, b) => a.endedAt - b.endedAt);
    const tooMany = ended.length - this.limits.maxKept;
    ended.forEach((task, index) => {
      if (index < tooMany || this.hasExpired(task)) this.remove(task.id);
    });
  }

  /** Whole seconds the task is still kept: all of the time while it lives. */
  keepSeconds(task: Task): number {
    const passed = isEnded(task) ? Math.max(0, this.clock.now() - task.endedAt) / 1000 : 0;
    return Math.max(0, Math.trunc(this.limits.keepSeconds - passed));
  }

  private hasExpired(task: Task): boolean {
    return isEnded(task) && this.clock.now() - task.endedAt >= this.limits.keepSeconds * 1000;
  }
}
