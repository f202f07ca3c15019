import { tooManyTasks } from "./taskError";

export interface RunLimits {
  /** Tasks on one host at a time. */
  readonly maxRunningPerHost: number;
  /** Tasks on all hosts at a time. */
  readonly maxRunning: number;
  /** Tasks that may wait for a place. */
  readonly maxWaiting: number;
}

interface Entry {
  readonly alias: string;
  readonly start: () => void;
}

/** Who may run now: first come, first served, and a busy host keeps nobody from another one. */
export class RunSlots {
  private readonly running = new Map<string, Entry>();
  private readonly waiting = new Map<string, Entry>();

  constructor(private readonly limits: RunLimits) {}

  /** Calls `start` now or as soon as there is a place. @throws TaskError `tooManyTasks` when the queue is full. */
  enter(taskId: string, alias: string, start: () => void): void {
    if (this.waiting.size >= this.limits.maxWaiting) throw tooManyTasks(this.limits.maxWaiting);
    this.waiting.set(taskId, { alias, start });
    this.admit();
  }

  /** Gives its place, or its turn in the queue, to the next; once is enough, more often does no harm. */
  leave(taskId: string): void {
    this.waiting.delete(taskId);
    if (this.running.delete(taskId)) this.admit();
  }

  private admit(): void {
    for (const [taskId, entry] of this.waiting) {
      if (this.running.size >= this.limits.maxRunning) return;
      if (this.runningOn(entry.alias) >= this.limits.maxRunningPerHost) continue;
      this.waiting.delete(taskId);
      this.running.set(taskId, entry);
      entry.start();
    }
  }

  private runningOn(alias: string): number {
    let count = 0;
    for (const entry of this.running.values()) if (entry.alias === alias) count++;
    return count;
  }
}
