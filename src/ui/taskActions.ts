import * as vscode from "vscode";
import type { OutputGap } from "../tasks/outputLog";
import { outputStart } from "../tasks/outputLog";
import { formatBytes, OutputText } from "../tasks/outputText";
import { isEnded, type Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import type { Notify } from "./notify";
import { pickTask } from "./pickTask";
import type { TaskTerminals } from "./taskTerminal";

export interface TaskActionParts {
  readonly tasks: Pick<
    TaskManager,
    "getTask" | "listTasks" | "readOutput" | "removeTask" | "startTask"
  >;
  readonly notify: Pick<Notify, "inform">;
  readonly panel: { readonly show: (taskId: string) => void };
  readonly terminals: Pick<TaskTerminals, "show">;
}

/** What is read of an output at a time. */
const sliceBytes = 256 * 1024;
/** More than that is for a file and not for the clipboard. */
const maxCopied = 1024 * 1024;

/** What a person does with a task beside ending it; without an id they choose one. */
export function createTaskActions(parts: TaskActionParts) {
  const { tasks, notify, panel, terminals } = parts;
  const on =
    (verb: string, act: (task: Task) => unknown, fits: (task: Task) => boolean = () => true) =>
    async (taskId?: string): Promise<void> => {
      const picked = taskId ?? (await pick(parts, verb, fits));
      const task = picked === undefined ? undefined : tasks.getTask(picked);
      if (task) await act(task);
      else if (taskId !== undefined) notify.inform("This SSH task is not kept any more.");
    };
  return {
    "sshTasks.openInTerminal": on("to open in a terminal", (task) => terminals.show(task)),
    "sshTasks.runTaskAgain": on("to run again", async (task) =>
      panel.show(await runAgain(tasks, task)),
    ),
    "sshTasks.copyCommand": on("whose command to copy", ({ command }) => copy(command)),
    "sshTasks.copyTaskId": on("whose id to copy", ({ id }) => copy(id)),
    "sshTasks.copyOutput": on("whose output to copy", async (task) => {
      const { text, isWhole } = readText(tasks, task, maxCopied);
      await copy(text);
      if (!isWhole)
        notify.inform("Only the beginning was copied. Save the output to have all of it.");
    }),
    "sshTasks.saveOutput": on("whose output to save", (task) => saveOutput(tasks, task)),
    "sshTasks.removeTask": on("to remove", ({ id }) => void tasks.removeTask(id), isEnded),
  };
}

async function pick(
  { tasks, notify }: TaskActionParts,
  verb: string,
  fits: (task: Task) => boolean,
): Promise<string | undefined> {
  const fitting = tasks.listTasks().filter(fits);
  if (fitting.length > 0) return pickTask(fitting, `Choose the SSH task ${verb}`);
  notify.inform("There is no such SSH task.");
  return undefined;
}

/** As it was started, on the same host. */
async function runAgain(tasks: TaskActionParts["tasks"], task: Task): Promise<string> {
  const { alias, command, durable, merge, maxSeconds } = task;
  const request = { alias, command, durable, merge, startedBy: "tree" };
  return (await tasks.startTask({ ...request, ...(maxSeconds > 0 && { maxSeconds }) })).id;
}

async function saveOutput(tasks: TaskActionParts["tasks"], task: Task): Promise<void> {
  const time = new Date(task.createdAt).toISOString().slice(0, 19).replace(/:/g, "-");
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const name = `${task.alias}-${time}.log`;
  const uri = await vscode.window.showSaveDialog({
    title: "Save SSH Task Output",
    saveLabel: "Save Output",
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder.uri, name) }),
  });
  if (!uri) return;
  const { text } = readText(tasks, task, Infinity);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
}

/** Both streams in one, as they came; what is not kept is said where it is missing. */
function readText(
  tasks: TaskActionParts["tasks"],
  { id }: Task,
  maxLength: number,
): { readonly text: string; readonly isWhole: boolean } {
  const output = new OutputText(gapLine);
  let [text, cursor] = ["", outputStart];
  for (;;) {
    const slice = tasks.readOutput(id, cursor, sliceBytes);
    if (!slice) return { text, isWhole: true };
    text += output.add(slice);
    if (!slice.more) return { text, isWhole: true };
    if (text.length >= maxLength) return { text, isWhole: false };
    cursor = slice.next;
  }
}

function gapLine({ stream, from, to }: OutputGap): string {
  return `\n[${formatBytes(to - from)} of ${stream} not kept]\n`;
}

async function copy(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
}
