/** What the core needs to keep its tasks beyond its own life; `store/` makes it true, a test stands in for it. */

import type { RemoteProcess } from "./remoteHost";
import type { Task } from "./task";

/** What is kept of one output stream. All offsets and sizes are bytes. */
export interface StreamSnapshot {
  /** Bytes the command wrote, kept or not. */
  readonly size: number;
  /** Newlines that came, kept or not; those of a gap that were never seen are not among them. */
  readonly newlines: number;
  /** How many of them are at its end. */
  readonly trailingNewlines: number;
  /** In their order, none empty, none overlapping, all before `size`; what is between them is no longer kept. */
  readonly runs: readonly { readonly from: number; readonly bytes: Buffer }[];
}

/** What is kept of the output of a task. */
export interface OutputSnapshot {
  /** Whether nothing more will come. */
  readonly ended: boolean;
  readonly stdout: StreamSnapshot;
  readonly stderr: StreamSnapshot;
}

/** A task as it was kept. */
export interface StoredTask {
  readonly task: Task;
  /** Its main process on the host, once that was known. */
  readonly process?: RemoteProcess;
  /** Absent when none was kept, or what was can't be read. */
  readonly output?: OutputSnapshot;
}

/** The journal of all tasks. */
export interface TaskStore {
  /**
   * Every task that is kept, oldest first, the output of each read only when it is asked for: memory has no room for all.
   * What can't be read is logged and left out; so is what is removed before its turn.
   */
  load(): AsyncIterable<StoredTask>;
  /** Gets the tasks of windows that have ended since; `load` gives them too then. @returns whether there were any. */
  takeOver?(): Promise<boolean>;
  /** Keeps the state of a task; a later call replaces an earlier one. Written soon; never throws. */
  saveTask(task: Task, process: RemoteProcess | undefined): void;
  /** Keeps the output of a task, likewise. */
  saveOutput(taskId: string, output: OutputSnapshot): void;
  /** Forgets a task and its output. */
  remove(taskId: string): void;
  /** Resolves when what was asked for of a task will outlive this process, or could not be put on the disk. Never rejects. */
  saved(taskId: string): Promise<void>;
  /** Resolves when all that was asked for is on the disk, or could not be put there (which is logged). */
  flush(): Promise<void>;
}
