import * as vscode from "vscode";
import { asError } from "../tasks/taskError";
import type { TaskManager } from "../tasks/taskManager";
import { checkCommand } from "../tasks/taskRequest";
import { pickHost, type PickHostParts } from "./pickHost";

export interface RunParts extends PickHostParts {
  readonly tasks: Pick<TaskManager, "startTask">;
}

/** Asks for a command, before that for a host where none is given, and starts it; undefined when the person changed their mind. */
export async function runTask(parts: RunParts, onHost?: string): Promise<string | undefined> {
  const title = "Run SSH Task";
  const words = { title: `${title} (1/2)`, placeHolder: "Choose the host to run on" };
  const alias = onHost ?? (await pickHost(parts, words));
  if (alias === undefined) return undefined;
  const command = await askCommand(alias, onHost === undefined ? `${title} (2/2)` : title);
  if (command === undefined) return undefined;
  const startedBy = onHost === undefined ? "palette" : "tree";
  const task = await parts.tasks.startTask({ alias, command, startedBy, durable: true });
  return task.id;
}

function askCommand(alias: string, title: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt: `Runs on ${alias} in your login shell and home directory, without a terminal`,
    placeHolder: "Command, for example: make test",
    ignoreFocusOut: true,
    validateInput: (value) => messageFor(value),
  });
}

function messageFor(command: string): string | undefined {
  try {
    checkCommand(command);
    return undefined;
  } catch (error) {
    const { message } = asError(error);
    return `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  }
}
