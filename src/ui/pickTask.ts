import * as vscode from "vscode";
import type { Task } from "../tasks/task";
import { formatElapsed } from "./elapsed";
import { describeStatus, plainLabel, titleOf } from "./taskText";

interface TaskPick extends vscode.QuickPickItem {
  readonly taskId: string;
}

/** Lets the person choose one of the tasks, newest first; undefined when they don't. */
export async function pickTask(
  tasks: readonly Task[],
  placeHolder: string,
): Promise<string | undefined> {
  const now = Date.now();
  const picks = tasks.map((task): TaskPick => ({
    label: plainLabel(titleOf(task.command, 120)),
    description: task.alias,
    detail: `${describeStatus(task)} · ${formatElapsed(task, now)}`,
    taskId: task.id,
  }));
  const options = { placeHolder, matchOnDescription: true };
  const pick = await vscode.window.showQuickPick(picks.reverse(), options);
  return pick?.taskId;
}
