import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import { cancelTask, type Door } from "./cancelTask";
import { commandIds, type CommandId, type TreeContext } from "./commandIds";
import { createHostHandlers, type HostCommandParts } from "./hostCommands";
import { manageGrants, type GrantList } from "./manageGrants";
import { pickTask } from "./pickTask";
import { runTask } from "./runTask";
import { showAuditLog } from "./showAuditLog";
import { showProcesses } from "./showProcesses";
import { stopLeftovers } from "./stopLeftovers";
import { createTaskActions } from "./taskActions";
import type { TaskTerminals } from "./taskTerminal";
import type { TaskTree } from "./taskTree";
import { contextOf } from "./treeContext";

export interface CommandParts extends HostCommandParts {
  readonly terminals: Pick<TaskTerminals, "show">;
  readonly taskTree: Pick<TaskTree, "groupBy" | "showMore">;
  readonly tasks: Pick<
    TaskManager,
    | "cancelTask"
    | "clearFinished"
    | "getTask"
    | "isElsewhere"
    | "listProcesses"
    | "listTasks"
    | "readOutput"
    | "removeTask"
    | "startTask"
    | "stopLeftovers"
  >;
  readonly grants: GrantList;
  /** Path of the file in which it is written down who ran what. */
  readonly auditFile: string;
  /** Forgets what was typed to sign in, and what of it was kept. @returns how many were kept. */
  readonly forgetSecrets: () => Promise<number>;
}

/**
 * Registers every command of package.json; a tree item gives its task's id, or its host's alias, as the argument, and after it
 * the ids of all selected lines where there are several.
 */
export function registerCommands(parts: CommandParts): Disposable {
  const handlers = createHandlers(parts);
  const registered = new DisposableStore();
  for (const id of commandIds) {
    const run = async (argument?: unknown, more?: unknown): Promise<void> => {
      try {
        await handlers[id](typeof argument === "string" ? argument : undefined, more);
      } catch (error) {
        void parts.notify.error(error);
      }
    };
    registered.add(vscode.commands.registerCommand(id, run));
  }
  return registered;
}

type Handler = (taskOrHost?: string, more?: unknown) => void | Promise<void>;

function createHandlers(parts: CommandParts): Record<CommandId, Handler> {
  const { tasks, panel, taskTree } = parts;
  return {
    ...createEndings(parts),
    ...createTaskActions(parts),
    ...createHostHandlers(parts),
    "sshTasks.showTaskProcesses": async (taskId) => {
      const picked = taskId ?? (await pickWithProcesses(parts));
      if (picked === undefined) return;
      const door = taskId === undefined ? "palette" : "tree";
      const end = (task: Task): void => void endTask(parts, task, door);
      await showProcesses({ ...parts, end }, picked);
    },
    "sshTasks.runTask": async () => {
      const started = await runTask(parts);
      if (started !== undefined) panel.show(started);
    },
    "sshTasks.showTaskOutput": async (taskId, more) => {
      const picked = taskId ?? (await pickAny(parts));
      if (picked !== undefined) panel.show(picked, { preserveFocus: more === true });
    },
    "sshTasks.clearFinishedTasks": () => void tasks.clearFinished(),
    "sshTasks.showMoreTasks": (group) => {
      if (group !== undefined) taskTree.showMore(group);
    },
    "sshTasks.groupTasksByHost": () => taskTree.groupBy("host"),
    "sshTasks.groupTasksByStatus": () => taskTree.groupBy("status"),
    "sshTasks.openPanel": () => panel.show(),
    "sshTasks.manageGrants": () => manageGrants(parts),
    "sshTasks.forgetSecrets": async () => {
      const count = await parts.forgetSecrets();
      const kept = count === 1 ? "1 saved secret is" : `${count} saved secrets are`;
      parts.notify.inform(`${kept} forgotten, and so is what you typed in this session.`);
    },
    "sshTasks.showAuditLog": () => showAuditLog(parts.auditFile, parts.notify),
  };
}

/** The commands that end something; each picker lists only what its command can do something about. */
function createEndings(parts: CommandParts) {
  const ending =
    (end: (taskId: string, door: Door) => Promise<void>, choice: Choice): Handler =>
    async (taskId, selected) => {
      if (taskId !== undefined) {
        await Promise.all(fittingOf(parts, choice, taskId, selected).map((id) => end(id, "tree")));
        return;
      }
      const picked = await pickFitting(parts, choice);
      if (picked !== undefined) await end(picked, "palette");
    };
  const cancel = (taskId: string, door: Door) => cancelTask(parts, taskId, door);
  return {
    "sshTasks.cancelTask": ending(cancel, {
      contexts: ["cancellable", "lost"],
      placeHolder: "Choose the SSH task to cancel",
      none: "No SSH task is running.",
    }),
    "sshTasks.forceKillTask": ending((taskId, door) => cancelTask(parts, taskId, door, true), {
      contexts: ["cancelling"],
      placeHolder: "Choose the SSH task to kill now",
      none: "No SSH task is being cancelled.",
    }),
    "sshTasks.retryCancelTask": ending(cancel, {
      contexts: ["lost"],
      placeHolder: "Choose the SSH task to cancel again",
      none: "No SSH task is lost.",
    }),
    "sshTasks.stopLeftovers": ending((taskId, door) => stopLeftovers(parts, taskId, door), {
      contexts: ["endedWithLeftovers"],
      placeHolder: "Choose the SSH task whose leftovers to stop",
      none: "No SSH task has left anything running.",
    }),
  };
}

/** Of the selected lines those that the command can do something about; the one that was clicked in any case. */
function fittingOf(
  { tasks }: CommandParts,
  { contexts }: Choice,
  clicked: string,
  selected: unknown,
): readonly string[] {
  if (!Array.isArray(selected)) return [clicked];
  const others = selected.filter((id): id is string => typeof id === "string");
  const fits = (id: string): boolean => {
    const task = tasks.getTask(id);
    return task !== undefined && contexts.includes(contextOf(task));
  };
  return [...new Set([clicked, ...others.filter(fits)])];
}

interface Choice {
  readonly contexts: readonly TreeContext[];
  readonly placeHolder: string;
  readonly none: string;
}

function pickWithProcesses(parts: CommandParts): Promise<string | undefined> {
  return pickFitting(parts, {
    contexts: ["cancellable", "cancelling", "lost", "endedWithLeftovers"],
    placeHolder: "Choose the SSH task whose processes to show",
    none: "No SSH task is running.",
  });
}

async function pickFitting(
  { tasks, notify }: CommandParts,
  { contexts, placeHolder, none }: Choice,
): Promise<string | undefined> {
  const fitting = tasks.listTasks().filter((task) => contexts.includes(contextOf(task)));
  if (fitting.length > 0) return pickTask(fitting, placeHolder);
  notify.inform(none);
  return undefined;
}

/** By what the task offered when it was looked at. */
async function endTask(parts: CommandParts, task: Task, door: Door): Promise<void> {
  try {
    const context = contextOf(task);
    if (context === "endedWithLeftovers") await stopLeftovers(parts, task.id, door);
    else await cancelTask(parts, task.id, door, context === "cancelling");
  } catch (error) {
    void parts.notify.error(error);
  }
}

async function pickAny({ tasks, notify }: CommandParts): Promise<string | undefined> {
  const all = tasks.listTasks();
  if (all.length > 0) return pickTask(all, "Choose the SSH task whose output to show");
  notify.inform("There is no SSH task yet.");
  return undefined;
}
