import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { PathSettingId } from "./commandIds";

/** The person's settings; paths are absolute, and undefined where the default applies. */
export interface Settings {
  readonly sshConfigFile: string | undefined;
  readonly knownHostsFile: string | undefined;
}

/** The settings as they are now. */
export function readSettings(): Settings {
  return {
    sshConfigFile: readPath("sshTasks.sshConfigFile"),
    knownHostsFile: readPath("sshTasks.knownHostsFile"),
  };
}

function readPath(id: PathSettingId): string | undefined {
  const path = vscode.workspace.getConfiguration().get<string>(id, "").trim();
  if (path === "") return undefined;
  return /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path;
}
