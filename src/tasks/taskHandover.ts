import type { CancelRequest } from "./cancelReceipt";
import type { Clock } from "./clock";
import type { Disposable } from "./lifecycle";
import type { Logger } from "./logger";
import { isCancellable, isDurable, isEnded, type Task } from "./task";
import type { TaskKeeper } from "./taskKeeper";
import type { TaskRun } from "./taskRun";
import type { StoredTask, TaskStore } from "./taskStore";

/** What the person wants of durable tasks. */
export interface Durability {
  /** Why no task is to outlive its connection, as a sentence; undefined when they are. */
  whyAttached(): string | undefined;
  /** Whether those that would go on are cancelled when the window closes. */
  cancelOnClose(): boolean;
}

export interface TaskHandoverParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store?: TaskStore;
  readonly durability?: Durability;
}

const shutdownRequest: CancelRequest = {
  requestedBy: "shutdown",
  reason: "SSH Tasks is shutting down",
  graceSeconds: 1,
};

/** How long, about, the tasks of a window that ends wait for another one that is open. */
const takeOverMs = 3000;

/** From one window to the next: takes up the tasks that were left, and leaves those that go on. */
export class TaskHandover {
  private restoring: Promise<readonly Task[]> | undefined;
  private nextLook: Disposable | undefined;
  private looking: Promise<void> | undefined;
  private left = false;

  /** `takeUp` is called with each task that was kept; with some perhaps more than once. */
  constructor(
    private readonly parts: TaskHandoverParts,
    private readonly keeper: TaskKeeper | undefined,
    private readonly takeUp: (stored: StoredTask) => void,
  ) {}

  /**
   * Takes up each task that was kept, and later those of windows that end meanwhile. @returns those that had not ended.
   * Rejects as the store does.
   */
  restore(): Promise<readonly Task[]> {
    if (!this.restoring) {
      this.restoring = this.takeUpAll();
      this.lookLater();
    }
    return this.restoring;
  }

  /** Takes up the tasks of windows that have ended, if there are any. Never rejects. */
  takeOver(): Promise<void> {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /** Lets go of what goes on, and cancels the rest of what lives. Resolves when all is ended and kept. */
  async leave(
    listRuns: () => readonly TaskRun[],
    cancel: (taskId: string, request: CancelRequest) => Promise<unknown>,
  ): Promise<void> {
    this.left = true;
    this.nextLook?.dispose();
    await this.restoring?.catch(() => undefined); // whoever asked for it is told
    const live = listRuns().filter(({ task }) => isCancellable(task));
    const ending = live.filter((run) => !this.goesOn(run.task));
    for (const run of live) if (this.goesOn(run.task)) run.detach();
    // Kept before what may take until nobody waits any more.
    await this.keeper?.flush();
    await Promise.allSettled(ending.map(({ task }) => cancel(task.id, shutdownRequest)));
    await this.keeper?.flush();
    for (const run of ending) run.detach();
    this.keeper?.dispose();
  }

  private lookLater(): void {
    const { store, clock } = this.parts;
    if (this.left || !store?.takeOver) return;
    this.nextLook = clock.after(clock.about(takeOverMs), () => {
      void this.takeOver().then(() => this.lookLater());
    });
  }

  private async look(): Promise<void> {
    try {
      const { store } = this.parts;
      if (store && (await store.takeOver?.())) {
        // What was removed here must not come back.
        await store.flush();
        for await (const stored of store.load()) {
          // They are the next window's.
          if (this.left) return;
          this.takeUp(stored);
        }
      }
    } catch (error) {
      this.parts.logger.warn(`the tasks of other windows can't be taken over: ${String(error)}`);
    }
  }

  /** @returns those that had not ended. */
  private async takeUpAll(): Promise<readonly Task[]> {
    const live: Task[] = [];
    for await (const stored of this.parts.store?.load() ?? []) {
      this.takeUp(stored);
      if (!isEnded(stored.task)) live.push(stored.task);
    }
    return live;
  }

  /** What was not seen running on its host may never have been. */
  private goesOn(task: Task): boolean {
    const { store, durability } = this.parts;
    const kept = store !== undefined && durability?.cancelOnClose() !== true;
    return kept && isDurable(task) && task.status === "running";
  }
}
