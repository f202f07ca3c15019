import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { Emitter, type Disposable, type Event } from "../tasks/lifecycle";
import { settingIds, type SettingId } from "./commandIds";

/** The person's settings; paths are absolute, and undefined where the default applies. */
export interface Settings {
  readonly sshConfigFile: string | undefined;
  readonly knownHostsFile: string | undefined;
}

/** The settings as they are now, and an event when one of them changed. */
export class EditorSettings implements Disposable {
  private readonly changed = new Emitter<Settings>((error) => {
    throw error;
  });
  private readonly subscription = vscode.workspace.onDidChangeConfiguration((change) => {
    if (settingIds.some((id) => change.affectsConfiguration(id))) this.changed.fire(this.current);
  });

  get onDidChange(): Event<Settings> {
    return this.changed.event;
  }

  get current(): Settings {
    return {
      sshConfigFile: readPath("sshTasks.sshConfigFile"),
      knownHostsFile: readPath("sshTasks.knownHostsFile"),
    };
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }
}

function readPath(id: SettingId): string | undefined {
  const path = vscode.workspace.getConfiguration().get<string>(id, "").trim();
  if (path === "") return undefined;
  return /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path;
}
