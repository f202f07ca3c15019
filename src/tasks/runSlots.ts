import type { Limits } from "./limits";
import { tooManyTasks } from "./taskError";

export type RunLimits = Pick<Limits, "maxRunningPerHost" | "maxRunning" | "maxWaiting">;

interface Entry {
  readonly alias: string;
  readonly start: () => void;
  /** Set while it waits to be admitted. */
  admit?: () => void;
}

/**
 * Who may run now, first come, first served. A task first has a place on its host, where it may connect, and is then
 * admitted among all that run: a host that is busy, or hangs, keeps nobody from another one.
 */
export class RunSlots {
  /** Those without a place on their host, by task id as all maps here. */
  private readonly queue = new Map<string, Entry>();
  /** Those with a place on their host, admitted or not. */
  private readonly placed = new Map<string, Entry>();
  /** Those of the placed that are ready and wait to be admitted. */
  private readonly ready = new Set<Entry>();
  private readonly admitted = new Set<string>();
  private readonly countOnHost = new Map<string, number>();

  constructor(private readonly limits: RunLimits) {}

  /** @throws TaskError `tooManyTasks` when one more task on the host would have to wait and too many wait already. */
  requirePlace(alias: string): void {
    if (this.queue.size + this.ready.size < this.limits.maxWaiting) return;
    if (this.hasPlace(alias) && this.admitted.size < this.limits.maxRunning) return;
    throw tooManyTasks(this.limits.maxWaiting);
  }

  /** A task that runs already, whatever the limits say. */
  take(taskId: string, alias: string): void {
    this.placed.set(taskId, { alias, start: () => undefined });
    this.admitted.add(taskId);
    this.count(alias, 1);
  }

  /** Calls `start` now or as soon as there is a place on the host. */
  enter(taskId: string, alias: string, start: () => void): void {
    this.queue.set(taskId, { alias, start });
    this.serve();
  }

  /** Resolves once a task that is ready to run may do so, however often it asks; also when it leaves before that. */
  admit(taskId: string): Promise<void> {
    return new Promise((resolve) => {
      const entry = this.placed.get(taskId);
      if (!entry || this.admitted.has(taskId)) {
        resolve();
        return;
      }
      entry.admit = () => {
        this.admitted.add(taskId);
        resolve();
      };
      this.ready.add(entry);
      this.admitNext();
    });
  }

  /** Gives its places, or its turn in the queues, to the next; once is enough, more often does no harm. */
  leave(taskId: string): void {
    this.queue.delete(taskId);
    const entry = this.placed.get(taskId);
    if (!entry) return;
    this.placed.delete(taskId);
    this.count(entry.alias, -1);
    if (this.ready.delete(entry)) entry.admit?.();
    this.admitted.delete(taskId);
    this.admitNext();
    this.serve();
  }

  private serve(): void {
    for (const [taskId, entry] of this.queue) {
      if (!this.hasPlace(entry.alias)) continue;
      this.queue.delete(taskId);
      this.placed.set(taskId, entry);
      this.count(entry.alias, 1);
      entry.start();
    }
  }

  private admitNext(): void {
    for (const entry of this.ready) {
      if (this.admitted.size >= this.limits.maxRunning) return;
      this.ready.delete(entry);
      entry.admit?.();
    }
  }

  private hasPlace(alias: string): boolean {
    return (this.countOnHost.get(alias) ?? 0) < this.limits.maxRunningPerHost;
  }

  private count(alias: string, change: 1 | -1): void {
    const count = (this.countOnHost.get(alias) ?? 0) + change;
    if (count > 0) this.countOnHost.set(alias, count);
    else this.countOnHost.delete(alias);
  }
}
