import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import { isCancellable } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import { cancelTask } from "./cancelTask";
import { commandIds, type CommandId } from "./commandIds";
import type { Notify } from "./notify";
import { pickTask } from "./pickTask";
import { runTask, type RunParts } from "./runTask";
import type { TaskPanel } from "./taskPanel";

export interface CommandParts {
  readonly tasks: Pick<TaskManager, "cancelTask" | "clearFinished" | "listTasks" | "startTask">;
  readonly catalog: RunParts["catalog"];
  readonly panel: Pick<TaskPanel, "show">;
  readonly notify: Notify;
}

/** Registers every command of package.json; a tree item gives its task's id as the argument. */
export function registerCommands(parts: CommandParts): Disposable {
  const handlers = createHandlers(parts);
  const registered = new DisposableStore();
  for (const id of commandIds) {
    const run = async (argument?: unknown, preserveFocus?: unknown): Promise<void> => {
      try {
        await handlers[id](typeof argument === "string" ? argument : undefined, preserveFocus);
      } catch (error) {
        void parts.notify.error(error);
      }
    };
    registered.add(vscode.commands.registerCommand(id, run));
  }
  return registered;
}

type Handler = (taskId?: string, preserveFocus?: unknown) => void | Promise<void>;

function createHandlers(parts: CommandParts): Record<CommandId, Handler> {
  const { tasks, panel } = parts;
  return {
    "sshTasks.cancelTask": async (taskId) => {
      if (taskId !== undefined) return cancelTask(parts, taskId, "tree");
      const picked = await pickLive(parts);
      if (picked !== undefined) await cancelTask(parts, picked, "palette");
    },
    "sshTasks.runTask": async () => {
      const started = await runTask(parts);
      if (started !== undefined) panel.show(started);
    },
    "sshTasks.showTaskOutput": async (taskId, preserveFocus) => {
      const picked = taskId ?? (await pickAny(parts));
      if (picked !== undefined) panel.show(picked, { preserveFocus: preserveFocus === true });
    },
    "sshTasks.clearFinishedTasks": () => void tasks.clearFinished(),
    "sshTasks.openPanel": () => panel.show(),
  };
}

async function pickLive({ tasks, notify }: CommandParts): Promise<string | undefined> {
  const live = tasks.listTasks().filter(isCancellable);
  if (live.length > 0) return pickTask(live, "Choose the SSH task to cancel");
  notify.inform("No SSH task is running.");
  return undefined;
}

async function pickAny({ tasks, notify }: CommandParts): Promise<string | undefined> {
  const all = tasks.listTasks();
  if (all.length > 0) return pickTask(all, "Choose the SSH task whose output to show");
  notify.inform("There is no SSH task yet.");
  return undefined;
}
