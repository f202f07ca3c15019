import * as vscode from "vscode";
import type { HostConnections } from "../tasks/hostConnections";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { HostCatalog, HostInfo } from "../tasks/remoteHost";
import type { Task } from "../tasks/task";
import { asError } from "../tasks/taskError";
import type { TaskManager } from "../tasks/taskManager";
import { hostViewId } from "./commandIds";
import { isTicking } from "./elapsed";
import { createHostItem, createHostTooltip, type HostLine } from "./hostTreeItem";
import { watchHostConfig } from "./watchHostConfig";

export interface HostTreeParts {
  readonly catalog: Pick<HostCatalog, "listHosts">;
  readonly hosts: Pick<HostConnections, "status" | "onDidChangeStatus">;
  readonly tasks: Pick<TaskManager, "listTasks" | "onDidChangeTask" | "onDidRemoveTask">;
}

/** Changes that come closer than this are drawn together. */
const gatherMs = 100;

/** Shows the hosts of the catalog below the tasks, in the order of the configuration. An element is an alias. */
export class HostTree implements vscode.TreeDataProvider<string>, Disposable {
  private readonly owned = new DisposableStore();
  private readonly changed = this.owned.add(
    new vscode.EventEmitter<string | string[] | undefined>(),
  );
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<string>;
  private hosts = new Map<string, HostInfo>();
  /** What is shown, for comparison. */
  private shown: string | undefined;
  private reading: Promise<void> | undefined;
  /** Lines to be drawn anew, and whether the catalog is to be read anew. */
  private readonly stale = new Set<string>();
  private isStale = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: HostTreeParts) {
    const options = { treeDataProvider: this, showCollapseAll: false };
    this.view = this.owned.add(vscode.window.createTreeView(hostViewId, options));
    const redraw = (alias: string): void => this.gather(() => this.stale.add(alias));
    this.owned.add(parts.hosts.onDidChangeStatus(redraw));
    this.owned.add(parts.tasks.onDidChangeTask(({ alias }) => redraw(alias)));
    this.owned.add(parts.tasks.onDidRemoveTask(() => this.gather(() => this.allStale())));
    this.owned.add(this.view.onDidChangeVisibility(() => this.refresh()));
    this.owned.add(watchHostConfig(() => this.refresh()));
    this.owned.add({ dispose: () => clearTimeout(this.timer) });
  }

  /** Reads the catalog anew, where somebody looks. */
  refresh(): void {
    this.gather(() => (this.isStale = true));
  }

  async getChildren(element?: string): Promise<string[]> {
    if (element !== undefined) return [];
    if (this.shown === undefined) await this.read();
    return [...this.hosts.keys()];
  }

  getTreeItem(element: string): vscode.TreeItem {
    const line = this.lineOf(element);
    return line ? createHostItem(line) : new vscode.TreeItem("");
  }

  /** Called for the line under the pointer. */
  resolveTreeItem(item: vscode.TreeItem, element: string): vscode.TreeItem {
    const line = this.lineOf(element);
    if (line) item.tooltip = createHostTooltip(line);
    return item;
  }

  dispose(): void {
    this.owned.dispose();
  }

  private lineOf(alias: string): HostLine | undefined {
    const host = this.hosts.get(alias);
    return host && { host, status: this.parts.hosts.status(alias), running: this.runningOn(alias) };
  }

  private runningOn(alias: string): readonly Task[] {
    return this.parts.tasks.listTasks().filter((task) => task.alias === alias && isTicking(task));
  }

  private allStale(): void {
    for (const alias of this.hosts.keys()) this.stale.add(alias);
  }

  private gather(note: () => void): void {
    note();
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.update();
    }, gatherMs);
  }

  private update(): void {
    const stale = [...this.stale].filter((alias) => this.hosts.has(alias));
    this.stale.clear();
    if (stale.length > 0) this.changed.fire(stale);
    if (!this.isStale || !this.view.visible) return;
    this.isStale = false;
    void this.reread();
  }

  private async reread(): Promise<void> {
    const before = this.shown;
    await this.read();
    if (this.shown !== before) this.changed.fire(undefined);
  }

  /** Never rejects: what can't be read is said in the view. */
  private async read(): Promise<void> {
    const reading = (this.reading ?? Promise.resolve()).then(() => this.readOnce());
    this.reading = reading;
    await reading;
  }

  private async readOnce(): Promise<void> {
    let hosts: readonly HostInfo[] = [];
    let message: string | undefined;
    try {
      hosts = await this.parts.catalog.listHosts();
    } catch (error) {
      ({ message } = asError(error));
    }
    this.hosts = new Map(hosts.map((host) => [host.alias, host]));
    this.shown = JSON.stringify({ hosts, message });
    // An empty text would be a line of its own.
    if (this.view.message !== message)
      (this.view as { message?: string | undefined }).message = message;
  }
}
