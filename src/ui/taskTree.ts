import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import { viewId } from "./commandIds";
import { formatElapsedInSteps, isTicking } from "./elapsed";
import { createTooltip, createTreeItem } from "./taskTreeItem";

type TreeTasks = Pick<
  TaskManager,
  "getTask" | "isElsewhere" | "listTasks" | "onDidChangeTask" | "onDidRemoveTask"
>;

/** Shows the tasks in the activity bar's view, newest first, with a badge that counts the running ones. */
export function registerTaskTree(tasks: TreeTasks): Disposable {
  return new TaskTree(tasks);
}

/** An element is a task's id, so that the tree keeps its line, selection and focus through every change. */
class TaskTree implements vscode.TreeDataProvider<string>, Disposable {
  private readonly owned = new DisposableStore();
  private readonly changed = this.owned.add(
    new vscode.EventEmitter<string | string[] | undefined>(),
  );
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<string>;
  /** The lines by id, each with the elapsed time it says, so that ticking draws only those where that is another one. */
  private shown = new Map<string, string>();
  private ticker: NodeJS.Timeout | undefined;

  constructor(private readonly tasks: TreeTasks) {
    this.view = this.owned.add(
      vscode.window.createTreeView(viewId, { treeDataProvider: this, canSelectMany: true }),
    );
    this.owned.add(tasks.onDidChangeTask((task) => this.onChange(task)));
    this.owned.add(tasks.onDidRemoveTask(() => this.changed.fire(undefined)));
    this.owned.add(this.view.onDidChangeVisibility(() => this.tick()));
    this.owned.add({ dispose: () => this.stopTicking() });
    this.follow();
  }

  getChildren(element?: string): string[] {
    if (element !== undefined) return [];
    const ids = this.tasks.listTasks().map((task) => task.id);
    this.shown = new Map(ids.map((id) => [id, this.shown.get(id) ?? ""]));
    return ids.reverse();
  }

  getTreeItem(element: string): vscode.TreeItem {
    const task = this.tasks.getTask(element);
    if (!task) return new vscode.TreeItem("");
    const now = Date.now();
    this.shown.set(element, formatElapsedInSteps(task, now));
    return createTreeItem(task, now);
  }

  /** Called for the line under the pointer; all tooltips at once would be much to send. */
  resolveTreeItem(item: vscode.TreeItem, element: string): vscode.TreeItem {
    const task = this.tasks.getTask(element);
    if (task) item.tooltip = createTooltip(task, this.tasks.isElsewhere(element));
    return item;
  }

  dispose(): void {
    this.owned.dispose();
  }

  private onChange(task: Task): void {
    this.changed.fire(this.shown.has(task.id) ? task.id : undefined);
    this.follow();
  }

  /** Keeps badge and ticking in step with what runs. */
  private follow(): void {
    const running = this.tasks.listTasks().filter(isTicking).length;
    const tooltip = running === 1 ? "1 SSH task running" : `${running} SSH tasks running`;
    if (this.view.badge?.value !== (running || undefined)) {
      this.view.badge = running > 0 ? { value: running, tooltip } : undefined;
    }
    if (running === 0) this.stopTicking();
    else this.ticker ??= setInterval(() => this.tick(), 1000);
  }

  private tick(): void {
    if (!this.view.visible) return;
    const now = Date.now();
    const due = this.tasks
      .listTasks()
      .filter(
        (task) => isTicking(task) && this.shown.get(task.id) !== formatElapsedInSteps(task, now),
      );
    if (due.length > 0) this.changed.fire(due.map((task) => task.id));
  }

  private stopTicking(): void {
    clearInterval(this.ticker);
    this.ticker = undefined;
  }
}
