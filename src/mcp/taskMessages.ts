import type { Clock } from "../tasks/clock";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import { elapsedMs, isEnded, type EndedTask, type Task } from "../tasks/task";
import { asciiJson, type ClientLog } from "./clientLog";
import type { ToolTasks } from "./defineTool";
import { outcomeFields, pollSeconds } from "./taskFields";

/** The messages of one session about the tasks that it started without waiting for them: `task ID EVENT {…}`. */
export class TaskMessages implements Disposable {
  private readonly owned = new DisposableStore();
  private readonly followed = new Map<string, Disposable>();

  constructor(
    private readonly tasks: ToolTasks,
    private readonly clock: Clock,
    private readonly log: ClientLog,
  ) {
    this.owned.add(tasks.onDidChangeTask((task) => this.onChange(task)));
    this.owned.add(tasks.onDidRemoveTask((taskId) => this.forget(taskId)));
  }

  /** From its creation to its end. */
  follow(task: Task): void {
    this.followed.set(task.id, this.tickLater(task.id));
    const { alias, commandHash: hash } = task;
    this.tell("info", task.id, "created", { alias, hash, status: "pending" });
    const now = this.tasks.getTask(task.id);
    if (now) this.onChange(now);
  }

  dispose(): void {
    for (const id of [...this.followed.keys()]) this.forget(id);
    this.owned.dispose();
  }

  private onChange(task: Task): void {
    if (!isEnded(task) || !this.followed.has(task.id)) return;
    this.forget(task.id);
    this.tell("info", task.id, task.status, this.endFields(task));
  }

  private endFields(task: EndedTask): object {
    const max_seconds = task.maxSeconds;
    if (task.status === "cancelled") return { reason: "user_requested", max_seconds };
    return { ...outcomeFields(task, this.clock.now()), max_seconds };
  }

  private tickLater(taskId: string): Disposable {
    return this.clock.after(pollSeconds * 1000, () => this.tick(taskId));
  }

  private tick(taskId: string): void {
    if (!this.followed.has(taskId)) return;
    this.followed.set(taskId, this.tickLater(taskId));
    const task = this.tasks.getTask(taskId);
    if (task?.status !== "running" || !this.log.tells("debug")) return;
    const { stdout, stderr } = this.tasks.outputSize(taskId);
    this.tell("debug", taskId, "progress", {
      phase: "running",
      bytes_read: stdout + stderr,
      elapsed_ms: elapsedMs(task, this.clock.now()),
      max_seconds: task.maxSeconds,
      output_lines: this.tasks.lineCount(taskId),
    });
  }

  private forget(taskId: string): void {
    this.followed.get(taskId)?.dispose();
    this.followed.delete(taskId);
  }

  private tell(level: "debug" | "info", taskId: string, event: string, fields: object): void {
    this.log.message(level, `task ${taskId} ${event} ${asciiJson(fields)}`);
  }
}
