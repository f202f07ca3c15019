import type { RemoteProcess } from "../../src/tasks/remoteHost";
import type { Task } from "../../src/tasks/task";
import type { OutputSnapshot, StoredTask, TaskStore } from "../../src/tasks/taskStore";
import { settle } from "./fakeClock";

/** A journal in memory, and what was asked of it. */
export class MemoryStore implements TaskStore {
  /** When set, what was kept can't be read. */
  failure: Error | undefined;
  /** Every state that was saved, in order. */
  readonly states: Task[] = [];
  /** Every output that was saved, in order. */
  readonly outputs: {
    readonly taskId: string;
    readonly stdout: string;
    readonly ended: boolean;
  }[] = [];
  readonly removed: string[] = [];
  flushes = 0;
  /** How long a flush takes: as long as this. */
  onFlush: () => Promise<void> = () => settle();
  /** How long it takes until a state is on the disk. */
  onSaved: () => Promise<void> = () => Promise.resolve();
  private readonly kept = new Map<string, StoredTask>();

  constructor(stored: readonly StoredTask[] = []) {
    for (const one of stored) this.kept.set(one.task.id, one);
  }

  /** What is kept of this task. */
  find(taskId: string): StoredTask | undefined {
    return this.kept.get(taskId);
  }

  async *load(): AsyncGenerator<StoredTask, undefined> {
    await settle();
    if (this.failure) throw this.failure;
    yield* [...this.kept.values()];
  }

  saveTask(task: Task, process: RemoteProcess | undefined): void {
    this.states.push(task);
    this.kept.set(task.id, { ...this.kept.get(task.id), task, ...(process && { process }) });
  }

  saveOutput(taskId: string, output: OutputSnapshot): void {
    const stdout = output.stdout.runs.map(({ bytes }) => bytes.toString()).join("");
    this.outputs.push({ taskId, stdout, ended: output.ended });
    const one = this.kept.get(taskId);
    if (one) this.kept.set(taskId, { ...one, output });
  }

  remove(taskId: string): void {
    this.removed.push(taskId);
    this.kept.delete(taskId);
  }

  saved(): Promise<void> {
    return this.onSaved();
  }

  async flush(): Promise<void> {
    this.flushes++;
    await this.onFlush();
  }
}
