import { Emitter, type Disposable } from "./lifecycle";
import type { Logger } from "./logger";
import type { Task } from "./task";

/** What there is to hear of tasks. */
export class TaskEvents implements Disposable {
  private readonly changed: Emitter<Task>;
  private readonly removed: Emitter<string>;
  private readonly output: Emitter<string>;

  constructor(logger: Logger) {
    const onListenerError = (error: unknown): void =>
      logger.error(`a listener failed: ${String(error)}`);
    this.changed = new Emitter(onListenerError);
    this.removed = new Emitter(onListenerError);
    this.output = new Emitter(onListenerError);
  }

  /** Fires with the new snapshot after every change of a task, its creation included. */
  get onDidChangeTask() {
    return this.changed.event;
  }

  /** Fires with the id of a task that is no longer kept. */
  get onDidRemoveTask() {
    return this.removed.event;
  }

  /** Fires with the id of a task that has new output; read it with `readOutput`. */
  get onDidAppendOutput() {
    return this.output.event;
  }

  fireChange(task: Task): void {
    this.changed.fire(task);
  }

  fireRemoval(taskId: string): void {
    this.removed.fire(taskId);
  }

  fireOutput(taskId: string): void {
    this.output.fire(taskId);
  }

  dispose(): void {
    this.changed.dispose();
    this.removed.dispose();
    this.output.dispose();
  }
}
