import type * as vscode from "vscode";
import {
  dispatch,
  fromPanelChecks,
  type Message,
  type TaskView,
  type ToPanel,
} from "../panel/protocol";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import { OutputFeed } from "./outputFeed";
import { createTaskView } from "./taskView";

export type SessionTasks = Pick<
  TaskManager,
  | "getTask"
  | "isElsewhere"
  | "listTasks"
  | "onDidAppendOutput"
  | "onDidChangeTask"
  | "onDidRemoveTask"
  | "readOutput"
>;

export interface SessionParts {
  readonly tasks: SessionTasks;
  readonly cancel: (taskId: string, force: boolean) => void;
  readonly stopLeftovers: (taskId: string) => void;
  readonly runTask: () => void;
}

/** Milliseconds in which changes are gathered for one message: many tasks may start, end or go at once. */
const gatherMs = 50;

/** The conversation with one webview: its requests go to the core, and what changes there goes to it. */
export class PanelSession implements Disposable {
  private readonly owned = new DisposableStore();
  private readonly feed: OutputFeed;
  /** Whether the page is there and knows the state; what is told before that would be lost. */
  private listening = false;
  private selectNext: string | undefined;
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly webview: Pick<vscode.Webview, "onDidReceiveMessage" | "postMessage">,
    private readonly parts: SessionParts,
  ) {
    const { tasks } = parts;
    this.feed = this.owned.add(
      new OutputFeed(tasks, (body) => this.post({ type: "output", body })),
    );
    this.owned.add(webview.onDidReceiveMessage((message) => this.receive(message)));
    this.owned.add(tasks.onDidChangeTask((task) => this.onChange(task.id)));
    this.owned.add(tasks.onDidRemoveTask((taskId) => this.onChange(taskId)));
    this.owned.add({ dispose: () => this.pause() });
  }

  /** Selects a task now, or as soon as the page is there. */
  select(taskId: string): void {
    if (!this.listening) {
      this.selectNext = taskId;
      return;
    }
    this.sendChanges();
    this.post({ type: "select", body: { taskId } });
  }

  /** The page is gone, as that of a hidden panel is; it says so when it is back. */
  pause(): void {
    this.listening = false;
    this.feed.close();
    this.forgetChanges();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private receive(message: unknown): void {
    dispatch(message, fromPanelChecks, {
      ready: () => this.sendState(),
      readOutput: (question) => this.feed.ask(question),
      cancel: ({ taskId, force }) => this.parts.cancel(taskId, force),
      stopLeftovers: ({ taskId }) => this.parts.stopLeftovers(taskId),
      runTask: () => this.parts.runTask(),
    });
  }

  private sendState(): void {
    this.listening = true;
    this.forgetChanges();
    const now = Date.now();
    const tasks = this.parts.tasks.listTasks().map((task) => this.viewOf(task, now));
    const select = this.selectNext;
    this.selectNext = undefined;
    this.post({ type: "state", body: { tasks, now, ...(select !== undefined && { select }) } });
  }

  private onChange(taskId: string): void {
    if (!this.listening) return;
    this.changed.add(taskId);
    this.timer ??= setTimeout(() => this.sendChanges(), gatherMs);
  }

  private sendChanges(): void {
    const now = Date.now();
    const tasks: TaskView[] = [];
    const removed: string[] = [];
    for (const id of this.changed) {
      const task = this.parts.tasks.getTask(id);
      if (task) tasks.push(this.viewOf(task, now));
      else removed.push(id);
    }
    this.forgetChanges();
    if (tasks.length + removed.length > 0) {
      this.post({ type: "changes", body: { tasks, removed, now } });
    }
  }

  private viewOf(task: Task, now: number): TaskView {
    return createTaskView(task, this.parts.tasks.isElsewhere(task.id), now);
  }

  private forgetChanges(): void {
    this.changed.clear();
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private post(message: Message<ToPanel>): void {
    if (this.listening) void this.webview.postMessage(message);
  }
}
