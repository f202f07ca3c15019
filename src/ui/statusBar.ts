import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { TaskManager } from "../tasks/taskManager";
import { statusBarId, viewId } from "./commandIds";
import { isTicking } from "./elapsed";

/** Counts in the status bar what runs, in whatever window; a click leads to the Tasks view. It is not there while nothing runs. */
export function showRunningInStatusBar(
  tasks: Pick<TaskManager, "listTasks" | "onDidChangeTask" | "onDidRemoveTask">,
): Disposable {
  const owned = new DisposableStore();
  const item = owned.add(
    vscode.window.createStatusBarItem(statusBarId, vscode.StatusBarAlignment.Left),
  );
  item.name = "SSH Tasks";
  item.command = `${viewId}.focus`;
  const draw = (): void => {
    const running = tasks.listTasks().filter(isTicking);
    if (running.length === 0) {
      item.hide();
      return;
    }
    const hosts = [...new Set(running.map(({ alias }) => alias))];
    const count = running.length === 1 ? "1 SSH task" : `${running.length} SSH tasks`;
    item.text = `$(loading~spin) ${running.length} SSH`;
    item.tooltip = `${count} running on ${hosts.slice(0, maxHosts).join(", ")}${hosts.length > maxHosts ? ", …" : ""}`;
    item.accessibilityInformation = { label: item.tooltip };
    item.show();
  };
  owned.add(tasks.onDidChangeTask(draw));
  owned.add(tasks.onDidRemoveTask(draw));
  draw();
  return owned;
}

/** More hosts are not named. */
const maxHosts = 5;
