import prettyMs from "pretty-ms";
import * as vscode from "vscode";
import type { Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import type { Notify } from "./notify";
import { processTree, type TreeProcess } from "./processTree";
import { plainLabel, titleOf, visible } from "./taskText";
import { contextOf } from "./treeContext";

export interface ProcessParts {
  readonly tasks: Pick<TaskManager, "getTask" | "listProcesses">;
  readonly notify: Pick<Notify, "inform">;
  /** Ends what is listed, by whatever the task offers for that. */
  readonly end: (task: Task) => void;
}

/** Indentation stops here, so that a deep tree stays readable. */
const maxDepth = 12;

/** Lists the live processes of a task on its host, as a tree that can only be looked at; its button ends them. */
export async function showProcesses(parts: ProcessParts, taskId: string): Promise<void> {
  const task = parts.tasks.getTask(taskId);
  if (!task) {
    parts.notify.inform("This SSH task is no longer kept.");
    return;
  }
  const list = openList(task, parts.end);
  try {
    const processes = (await parts.tasks.listProcesses(taskId)) ?? [];
    list.items = processTree(processes).map(describeProcess);
    list.placeholder =
      processes.length === 0
        ? `Nothing of it runs on ${task.alias}`
        : "What a cancel would end. Type to find a process";
  } catch (error) {
    list.hide();
    throw error;
  }
  list.busy = false;
}

function openList(task: Task, end: ProcessParts["end"]): vscode.QuickPick<vscode.QuickPickItem> {
  const list = vscode.window.createQuickPick();
  list.title = `Processes of ${titleOf(task.command, 60)} on ${task.alias}`;
  list.placeholder = `Asking ${task.alias}…`;
  list.busy = list.matchOnDescription = true;
  const title = endings[contextOf(task)];
  if (title !== undefined) {
    list.buttons = [{ iconPath: new vscode.ThemeIcon("stop-circle"), tooltip: title }];
  }
  list.onDidTriggerButton(() => {
    list.hide();
    end(task);
  });
  list.onDidAccept(() => list.hide());
  list.onDidHide(() => list.dispose());
  list.show();
  return list;
}

const endings: Readonly<Partial<Record<ReturnType<typeof contextOf>, string>>> = {
  cancellable: "Cancel SSH Task",
  cancelling: "Force Kill SSH Task",
  lost: "Retry Cancel SSH Task",
  endedWithLeftovers: "Stop Leftovers of SSH Task",
};

function describeProcess({ process, depth }: TreeProcess): vscode.QuickPickItem {
  const { pid, user, ageSeconds, command } = process;
  const indent = "    ".repeat(Math.min(depth, maxDepth));
  const age = ageSeconds < 1 ? "0s" : prettyMs(ageSeconds * 1000, { unitCount: 2 });
  return {
    label: indent + plainLabel(visible(command) || "?"),
    description: plainLabel(`${pid} · ${visible(user)} · ${age}`),
  };
}
