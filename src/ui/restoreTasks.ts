import type { Memento } from "vscode";
import * as vscode from "vscode";
import type { TaskManager } from "../tasks/taskManager";
import { isDurable, type Task } from "../tasks/task";
import type { FlagSettingId } from "./commandIds";
import type { Notify } from "./notify";

export interface RestoreParts {
  readonly tasks: Pick<TaskManager, "restore">;
  readonly notify: Pick<Notify, "error" | "ask">;
  /** Remembers that the person was told. */
  readonly memory: Pick<Memento, "get" | "update">;
}

const toldKey = "toldThatTasksGoOn";
const cancelOnClose = "Cancel Tasks on Close";

/** Takes up the tasks of earlier windows; the first time that one went on without a window, the person is told. */
export async function restoreTasks({ tasks, notify, memory }: RestoreParts): Promise<void> {
  try {
    const wentOn = (await tasks.restore()).filter(isDurable);
    const [first] = wentOn;
    if (!first || memory.get(toldKey)) return;
    await memory.update(toldKey, true);
    const answer = await notify.ask(wentOnText(first, wentOn.length), [cancelOnClose]);
    if (answer !== cancelOnClose) return;
    const setting: FlagSettingId = "sshTasks.cancelOnClose";
    const { Global } = vscode.ConfigurationTarget;
    await vscode.workspace.getConfiguration().update(setting, true, Global);
  } catch (error) {
    await notify.error(error);
  }
}

function wentOnText({ alias }: Task, count: number): string {
  const what = count === 1 ? `A task on ${alias}` : `${count} tasks`;
  return `${what} ran on while no window was open, as tasks started without waiting for them do.`;
}
