import * as vscode from "vscode";
import type { HostCatalog, HostInfo } from "../tasks/remoteHost";
import { asError } from "../tasks/taskError";
import type { TaskManager } from "../tasks/taskManager";
import { checkCommand } from "../tasks/taskRequest";
import type { Notify } from "./notify";

export interface RunParts {
  readonly tasks: Pick<TaskManager, "startTask">;
  readonly catalog: Pick<HostCatalog, "listHosts">;
  readonly notify: Pick<Notify, "noHosts">;
}

/** Asks for a host and a command and starts it; undefined when the person changed their mind. */
export async function runTask(parts: RunParts): Promise<string | undefined> {
  const hosts = await parts.catalog.listHosts();
  if (hosts.length === 0) {
    void parts.notify.noHosts();
    return undefined;
  }
  const alias = await pickHost(hosts);
  if (alias === undefined) return undefined;
  const command = await askCommand(alias);
  if (command === undefined) return undefined;
  const task = await parts.tasks.startTask({ alias, command, startedBy: "palette", durable: true });
  return task.id;
}

async function pickHost(hosts: readonly HostInfo[]): Promise<string | undefined> {
  const picks = hosts.map(({ alias, user, hostName, port, tags, description }) => ({
    label: alias,
    description: `${user}@${hostName}${port === 22 ? "" : `:${port}`}`,
    detail: [description, ...tags.map((tag) => `#${tag}`)].filter(Boolean).join(" "),
  }));
  const pick = await vscode.window.showQuickPick(picks, {
    title: "Run SSH Task (1/2)",
    placeHolder: "Choose the host to run on",
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return pick?.label;
}

function askCommand(alias: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: "Run SSH Task (2/2)",
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
