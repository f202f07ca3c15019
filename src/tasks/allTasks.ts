import type { MirroredTasks } from "./mirroredTasks";
import type { OutputLog } from "./outputLog";
import type { Kept } from "./outputMemory";
import { isEnded, type Task } from "./task";
import type { TaskRegistry } from "./taskRegistry";

/** A task and its output, whoever owns it. */
export interface KnownTask {
  readonly task: Task;
  readonly output: OutputLog;
}

/** The tasks of this window and those of the others. */
export class AllTasks {
  constructor(
    private readonly own: TaskRegistry,
    private readonly others: MirroredTasks,
  ) {}

  find(taskId: string): KnownTask | undefined {
    return this.own.find(taskId) ?? this.others.find(taskId);
  }

  /** Whether another window has it. */
  isElsewhere(taskId: string): boolean {
    return !this.own.find(taskId) && this.others.find(taskId) !== undefined;
  }

  /** Oldest first. */
  list(): readonly KnownTask[] {
    const others = this.others.list();
    if (others.length === 0) return this.own.list();
    const all: KnownTask[] = [...this.own.list(), ...others];
    return all.sort((a, b) => a.task.createdAt - b.task.createdAt);
  }

  /** The outputs that are kept, those of the oldest tasks of this window first. */
  *outputs(): Generator<Kept> {
    yield* this.own.outputs();
    for (const { output, task } of this.others.list()) yield { output, ended: isEnded(task) };
  }
}
