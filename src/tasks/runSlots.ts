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

  /** @throws TaskError `tooManyTasks` when one more task on the host would have to wait and the queue is full. */
  requirePlace(alias: string): void {
    if (this.waiting.size < this.limits.maxWaiting || this.hasPlace(alias)) return;
    throw tooManyTasks(this.limits.maxWaiting);
  }

  /** Calls `start` now or as soon as there is a place. */
  enter(taskId: string, alias: string, start: () => void): void {
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
      if (!this.hasPlace(entry.alias)) continue;
      this.waiting.delete(taskId);
      this.running.set(taskId, entry);
      entry.start();
    }
  }

  private hasPlace(alias: string): boolean {
    if (this.running.size >= this.limits.maxRunning) return false;
    let onHost = 0;
    for (const entry of this.running.values()) if (entry.alias === alias) onHost++;
    return onHost < this.limits.maxRunningPerHost;
  }
}
