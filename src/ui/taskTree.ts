import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import { viewId } from "./commandIds";
import { formatElapsedInSteps, isTicking } from "./elapsed";
import { groupings, groupOf, groupTasks, type Grouping, type TaskGroup } from "./taskGroups";
import { createGroupItem, createMoreItem, createTooltip, createTreeItem } from "./taskTreeItem";

export interface TaskTreeParts {
  readonly tasks: Pick<
    TaskManager,
    "getTask" | "isElsewhere" | "lastLines" | "listTasks" | "onDidChangeTask" | "onDidRemoveTask"
  >;
  /** Where it is kept by what the lines are grouped. */
  readonly memory: Pick<vscode.Memento, "get" | "update">;
}

const groupingKey = "taskGrouping";
/** Lines of a group that are drawn; the editor is sent every one of them. */
const pageSize = 200;
/** What is read of an output for its last line. */
const lastLineBytes = 1024;
/** A line whose output alone goes on is drawn anew no sooner. */
const lastLineMs = 5000;

/**
 * The tasks in the activity bar's view, in groups, newest first, with a badge that counts the running ones. An element is a
 * task's id, so that the tree keeps its line, selection and focus through every change, or that of a group or of its rest.
 */
export class TaskTree implements vscode.TreeDataProvider<string>, Disposable {
  private readonly owned = new DisposableStore();
  private readonly changed = this.owned.add(
    new vscode.EventEmitter<string | string[] | undefined>(),
  );
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<string>;
  private groups: readonly TaskGroup[] = [];
  /** The lines by task, each with what it says, so that ticking draws only those where that is something else. */
  private shown = new Map<string, DrawnLine>();
  private readonly limits = new Map<string, number>();
  private ticker: NodeJS.Timeout | undefined;

  constructor(private readonly parts: TaskTreeParts) {
    const options = { treeDataProvider: this, canSelectMany: true, showCollapseAll: true };
    this.view = this.owned.add(vscode.window.createTreeView(viewId, options));
    const { tasks } = parts;
    this.owned.add(tasks.onDidChangeTask((task) => this.onChange(task)));
    this.owned.add(tasks.onDidRemoveTask(() => this.changed.fire(undefined)));
    this.owned.add(this.view.onDidChangeVisibility(() => this.tick()));
    this.owned.add({ dispose: () => this.stopTicking() });
    this.follow();
  }

  /** By status or by host, from now on. */
  groupBy(grouping: Grouping): void {
    void this.parts.memory.update(groupingKey, grouping);
    this.changed.fire(undefined);
  }

  get grouping(): Grouping {
    const kept = this.parts.memory.get(groupingKey);
    return groupings.find((grouping) => grouping === kept) ?? "status";
  }

  /** Draws more lines of a group. */
  showMore(groupId: string): void {
    this.limits.set(groupId, this.limitOf(groupId) + pageSize);
    this.changed.fire(groupId);
  }

  getChildren(element?: string): string[] {
    this.groups = groupTasks(this.parts.tasks.listTasks(), this.grouping);
    if (element === undefined) {
      this.shown.clear();
      return this.groups.map(({ id }) => id);
    }
    const group = this.groups.find(({ id }) => id === element);
    if (!group) return [];
    const ids = group.tasks.slice(0, this.limitOf(element)).map(({ id }) => id);
    for (const id of ids) this.shown.set(id, { group: element, text: "", at: -Infinity });
    return ids.length < group.tasks.length ? [...ids, `more:${element}`] : ids;
  }

  getParent(element: string): string | undefined {
    const task = this.parts.tasks.getTask(element);
    return task && groupOf(task, this.grouping);
  }

  getTreeItem(element: string): vscode.TreeItem {
    const group = this.groups.find(({ id }) => id === element);
    if (group) return createGroupItem(group);
    if (element.startsWith("more:")) return this.moreItem(element.slice("more:".length));
    const task = this.parts.tasks.getTask(element);
    if (!task) return new vscode.TreeItem("");
    const now = Date.now();
    const lastLine = this.lastLineOf(task);
    this.shown.set(element, {
      group: groupOf(task, this.grouping),
      text: formatElapsedInSteps(task, now),
      lastLine,
      at: now,
    });
    return createTreeItem(task, { now, lastLine, showsHost: this.grouping !== "host" });
  }

  /** Called for the line under the pointer; all tooltips at once would be much to send. */
  resolveTreeItem(item: vscode.TreeItem, element: string): vscode.TreeItem {
    const { tasks } = this.parts;
    const task = tasks.getTask(element);
    if (task) item.tooltip = createTooltip(task, tasks.isElsewhere(element));
    return item;
  }

  dispose(): void {
    this.owned.dispose();
  }

  private moreItem(groupId: string): vscode.TreeItem {
    const count = this.groups.find(({ id }) => id === groupId)?.tasks.length ?? 0;
    return createMoreItem(groupId, count - this.limitOf(groupId));
  }

  private limitOf(groupId: string): number {
    return this.limits.get(groupId) ?? pageSize;
  }

  private lastLineOf(task: Task): string {
    if (!isTicking(task)) return "";
    return this.parts.tasks.lastLines(task.id, 1, lastLineBytes)?.lines.at(-1) ?? "";
  }

  /** A task that is new, or belongs to another group now, changes more than its own line. */
  private onChange(task: Task): void {
    const isHere = this.shown.get(task.id)?.group === groupOf(task, this.grouping);
    this.changed.fire(isHere ? task.id : undefined);
    this.follow();
  }

  /** Keeps badge and ticking in step with what runs. */
  private follow(): void {
    const running = this.parts.tasks.listTasks().filter(isTicking).length;
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
    const due = this.parts.tasks.listTasks().filter((task) => this.isDue(task, now));
    if (due.length > 0) this.changed.fire(due.map((task) => task.id));
  }

  private isDue(task: Task, now: number): boolean {
    const line = this.shown.get(task.id);
    if (!line || !isTicking(task)) return false;
    if (line.text !== formatElapsedInSteps(task, now)) return true;
    return now - line.at >= lastLineMs && line.lastLine !== this.lastLineOf(task);
  }

  private stopTicking(): void {
    clearInterval(this.ticker);
    this.ticker = undefined;
  }
}

interface DrawnLine {
  /** The group it is in. */
  readonly group: string;
  /** The elapsed time that it says. */
  readonly text: string;
  readonly lastLine?: string;
  /** When it was drawn. */
  readonly at: number;
}
