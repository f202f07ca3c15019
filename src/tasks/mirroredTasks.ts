import type { CancelRequest } from "./cancelReceipt";
import type { Clock } from "./clock";
import type { Disposable } from "./lifecycle";
import { MirroredTask } from "./mirroredTask";
import type { OtherWindow, WindowNews } from "./otherWindow";
import type { OutputStream } from "./remoteHost";
import { isEnded, type Task } from "./task";
import type { TaskEvents } from "./taskEvents";
import { TaskError } from "./taskError";

/** How long the tasks of a window that has ended are shown until somebody has taken them over. */
const orphanedMs = 15_000;

export interface MirroredTasksParts {
  readonly clock: Clock;
  readonly events: Pick<TaskEvents, "fireChange" | "fireRemoval" | "fireOutput">;
  readonly accountOutput: (bytes: number) => void;
  /** Whether it is a task of this window. */
  readonly isOwn: (taskId: string) => boolean;
  /** Takes over, now, what nobody owns any more. */
  readonly takeOver: () => Promise<void>;
}

/** The tasks of the other windows. */
export class MirroredTasks implements WindowNews, Disposable {
  private readonly mirrors = new Map<string, MirroredTask>();
  private readonly timers = new Set<Disposable>();

  constructor(private readonly parts: MirroredTasksParts) {}

  find(taskId: string): MirroredTask | undefined {
    return this.mirrors.get(taskId);
  }

  list(): MirroredTask[] {
    return [...this.mirrors.values()];
  }

  onTask(window: OtherWindow, task: Task): void {
    if (this.parts.isOwn(task.id)) return;
    const known = this.mirrors.get(task.id);
    const mirror = known ?? new MirroredTask(task, window, this.parts.accountOutput);
    this.mirrors.set(task.id, mirror);
    mirror.update(task, window);
    this.parts.events.fireChange(task);
  }

  onOutput(taskId: string, stream: OutputStream, offset: number, bytes: Buffer): void {
    const mirror = this.mirrors.get(taskId);
    if (mirror?.append(stream, offset, bytes)) this.parts.events.fireOutput(taskId);
  }

  onRemoved(window: OtherWindow, taskId: string): void {
    if (this.mirrors.get(taskId)?.window === window) this.remove(taskId);
  }

  onGone(window: OtherWindow): void {
    const timer = this.parts.clock.after(orphanedMs, () => {
      this.timers.delete(timer);
      for (const { task, window: owner } of this.list()) if (owner === window) this.remove(task.id);
    });
    this.timers.add(timer);
  }

  /** It is a task of this window from now on. */
  handOver(taskId: string): void {
    this.mirrors.get(taskId)?.forget();
    this.mirrors.delete(taskId);
  }

  /** Shows it no more; the window that has it keeps it. */
  forget(taskId: string): void {
    this.remove(taskId);
  }

  /** Shows the ended ones no more; the window that has them keeps them. @returns how many there were. */
  clearFinished(): number {
    const finished = this.list().filter(({ task }) => isEnded(task));
    for (const { task } of finished) this.remove(task.id);
    return finished.length;
  }

  /**
   * Asks the window that has the task to cancel it; where that ends meanwhile, the one that has it then. Resolves when the
   * cancel was answered, or the task is nobody else's any more. Rejects with TaskError `windowSilent`.
   */
  async cancel(taskId: string, request: CancelRequest): Promise<void> {
    for (let mirror = this.find(taskId); mirror; mirror = this.find(taskId)) {
      const { window } = mirror;
      try {
        await window.cancel(taskId, request);
        return;
      } catch (error) {
        if (!(error instanceof TaskError) || error.code !== "windowGone") throw error;
        await this.awaitOwner(taskId, window);
      }
    }
  }

  dispose(): void {
    for (const timer of this.timers) timer.dispose();
    this.timers.clear();
  }

  /** Until it is another's than that window's; it is removed in the end. */
  private async awaitOwner(taskId: string, gone: OtherWindow): Promise<void> {
    while (this.find(taskId)?.window === gone) {
      await this.parts.takeOver();
      await new Promise<void>((resolve) => this.parts.clock.after(300, resolve));
    }
  }

  private remove(taskId: string): void {
    this.handOver(taskId);
    this.parts.events.fireRemoval(taskId);
  }
}
