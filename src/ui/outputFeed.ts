import type { OutputAnswer, OutputQuestion } from "../panel/protocol";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import { isEnded, type Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";

type FeedTasks = Pick<
  TaskManager,
  "getTask" | "onDidAppendOutput" | "onDidChangeTask" | "readOutput"
>;

/** Bytes of one answer, and milliseconds between two at the least. */
const usualPace = { sliceBytes: 256 * 1024, intervalMs: 50 };
/** The same while a command prints faster than its output is kept: more than that nobody could read. */
const floodPace = { sliceBytes: 64 * 1024, intervalMs: 200 };

/**
 * Answers the panel's questions for output: each once, when there is something to say. The panel asks again when it has
 * drawn the answer, so a flood of output waits in the task's own log and nowhere else.
 */
export class OutputFeed implements Disposable {
  private readonly owned = new DisposableStore();
  private open: OutputQuestion | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** By performance.now(). */
  private answeredAt = -Infinity;
  private pace = usualPace;

  constructor(
    private readonly tasks: FeedTasks,
    private readonly send: (answer: OutputAnswer) => void,
  ) {
    this.owned.add(tasks.onDidAppendOutput((taskId) => this.onNews(taskId)));
    this.owned.add(tasks.onDidChangeTask((task) => this.onNews(task.id)));
    this.owned.add({ dispose: () => this.close() });
  }

  /** Takes the place of the question before. */
  ask(question: OutputQuestion): void {
    this.open = question;
    this.schedule();
  }

  /** Forgets the question: its asker is gone. */
  close(): void {
    this.open = undefined;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  dispose(): void {
    this.owned.dispose();
  }

  private onNews(taskId: string): void {
    if (taskId === this.open?.taskId) this.schedule();
  }

  private schedule(): void {
    const wait = Math.max(0, this.answeredAt + this.pace.intervalMs - performance.now());
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.open) this.answer(this.open);
    }, wait);
  }

  private answer({ question, taskId, cursor }: OutputQuestion): void {
    const slice = this.tasks.readOutput(taskId, cursor, this.pace.sliceBytes);
    const { stdout = "", stderr = "", gaps = [], next = cursor, more = false } = slice ?? {};
    this.pace = gaps.length > 0 ? floodPace : usualPace;
    const done = !more && isOver(this.tasks.getTask(taskId));
    if (!done && stdout === "" && stderr === "" && gaps.length === 0) return;
    this.open = undefined;
    this.answeredAt = performance.now();
    this.send({ question, stdout, stderr, gaps, next, done });
  }
}

function isOver(task: Task | undefined): boolean {
  return !task || isEnded(task);
}
