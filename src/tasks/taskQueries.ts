import type { AllTasks } from "./allTasks";
import type { OutputCursor, OutputSlice } from "./outputLog";
import type { Task } from "./task";
import type { TaskEvents } from "./taskEvents";

/** What there is to read and to hear of tasks: of this window's and of the others'. */
export abstract class TaskQueries {
  protected abstract readonly known: AllTasks;
  protected abstract readonly events: TaskEvents;

  get onDidChangeTask() {
    return this.events.onDidChangeTask;
  }

  get onDidRemoveTask() {
    return this.events.onDidRemoveTask;
  }

  get onDidAppendOutput() {
    return this.events.onDidAppendOutput;
  }

  getTask(taskId: string): Task | undefined {
    return this.known.find(taskId)?.task;
  }

  /** Whether another window has it, and does for this one what is asked of it. */
  isElsewhere(taskId: string): boolean {
    return this.known.isElsewhere(taskId);
  }

  /** All tasks, oldest first. */
  listTasks(): Task[] {
    return this.known.list().map(({ task }) => task);
  }

  /** Output after the cursor, at most `maxBytes` of both streams; undefined when no task has the id. */
  readOutput(taskId: string, cursor: OutputCursor, maxBytes: number): OutputSlice | undefined {
    return this.known.find(taskId)?.output.read(cursor, maxBytes);
  }

  /** The output from the cursor on, all of it when there is none, or its beginning and end when it is larger than `maxBytes`. */
  summarizeOutput(taskId: string, maxBytes: number, from?: OutputCursor): OutputSlice | undefined {
    return this.known.find(taskId)?.output.summarize(maxBytes, from);
  }

  /** The last lines of stdout, then stderr, in at most `maxBytes` (1 MiB when absent), and how many there were in all. */
  lastLines(
    taskId: string,
    maxLines: number,
    maxBytes?: number,
  ): { lines: string[]; total: number } | undefined {
    const output = this.known.find(taskId)?.output;
    return output && { lines: output.lastLines(maxLines, maxBytes), total: output.lineCount };
  }

  /** Lines written so far on both streams; zero for an unknown task. */
  lineCount(taskId: string): number {
    return this.known.find(taskId)?.output.lineCount ?? 0;
  }

  /** Bytes written so far, per stream; zero for an unknown task. */
  outputSize(taskId: string): OutputCursor {
    return this.known.find(taskId)?.output.size ?? { stdout: 0, stderr: 0 };
  }
}
