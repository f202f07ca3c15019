import * as vscode from "vscode";
import type { HostConnections } from "../tasks/hostConnections";
import type { TaskManager } from "../tasks/taskManager";
import { cancelAllOnHost } from "./cancelAllOnHost";
import type { Door } from "./cancelTask";
import { disconnectHost } from "./disconnectHost";
import type { HostTree } from "./hostTree";
import type { Notify } from "./notify";
import { openSshConfig } from "./openSshConfig";
import { pickHost, pickHostOf, type PickHostParts } from "./pickHost";
import { runTask } from "./runTask";
import type { TaskPanel } from "./taskPanel";
import { testConnection } from "./testConnection";

export interface HostCommandParts {
  readonly catalog: PickHostParts["catalog"];
  readonly hosts: HostConnections;
  readonly hostTree: Pick<HostTree, "refresh">;
  readonly tasks: Pick<TaskManager, "cancelTask" | "isElsewhere" | "listTasks" | "startTask">;
  readonly panel: Pick<TaskPanel, "show">;
  readonly notify: Notify;
}

/** The commands about a host; the line of a host gives its alias as the argument, otherwise the person is asked for one. */
export function createHostHandlers(parts: HostCommandParts) {
  const { hostTree, panel } = parts;
  const on =
    (act: (alias: string, door: Door) => void | Promise<void>, pick: Ask) =>
    async (alias?: string): Promise<void> => {
      if (alias !== undefined) return act(alias, "tree");
      const picked = await pick();
      if (picked !== undefined) await act(picked, "palette");
    };
  const ofAll =
    (placeHolder: string): Ask =>
    () =>
      pickHost(parts, { placeHolder });
  return {
    "sshTasks.runTaskOnHost": on(async (alias) => {
      const started = await runTask(parts, alias);
      if (started !== undefined) panel.show(started);
    }, ofAll("Choose the host to run on")),
    "sshTasks.testConnection": on(
      (alias) => testConnection(parts, alias),
      ofAll("Choose the host to connect to"),
    ),
    "sshTasks.copySshCommand": on(async (alias) => {
      await vscode.env.clipboard.writeText(await parts.hosts.loginCommand(alias));
    }, ofAll("Choose the host to log in to")),
    "sshTasks.disconnectHost": on(
      (alias, door) => disconnectHost(parts, alias, door),
      () => pickConnected(parts),
    ),
    "sshTasks.cancelAllOnHost": on(
      (alias, door) => cancelAllOnHost(parts, alias, door),
      ofAll("Choose the host whose tasks to cancel"),
    ),
    "sshTasks.refreshHosts": () => hostTree.refresh(),
    "sshTasks.openSshConfig": () => openSshConfig(),
  };
}

/** Undefined when the person chooses none. */
type Ask = () => Promise<string | undefined>;

async function pickConnected(parts: HostCommandParts): Promise<string | undefined> {
  const all = await parts.catalog.listHosts();
  const connected = all.filter(({ alias }) => parts.hosts.status(alias).state === "connected");
  if (connected.length > 0)
    return pickHostOf(connected, { placeHolder: "Choose the host to disconnect" });
  parts.notify.inform("No SSH host is connected.");
  return undefined;
}
