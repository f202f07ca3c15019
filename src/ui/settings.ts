import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Durability } from "../tasks/taskHandover";
import { asTransport, type Transport } from "../tasks/transport";
import {
  notifySettingId,
  transportSettingId,
  type FlagSettingId,
  type ObjectSettingId,
  type PathSettingId,
} from "./commandIds";

/** The person's settings; paths are absolute, and undefined where the default applies. */
export interface Settings {
  readonly sshConfigFile: string | undefined;
  readonly knownHostsFile: string | undefined;
  /** The aliases that have each tag. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
  /** As it is set: the catalog of hosts checks it. */
  readonly hosts: unknown;
}

/** The settings as they are now. */
export function readSettings(): Settings {
  return {
    sshConfigFile: readPath("sshTasks.sshConfigFile"),
    knownHostsFile: readPath("sshTasks.knownHostsFile"),
    tags: readTags(),
    hosts: readObject("sshTasks.hosts"),
  };
}

/** Where the ssh config is that counts now. */
export function sshConfigPath(): string {
  return readPath("sshTasks.sshConfigFile") ?? join(homedir(), ".ssh", "config");
}

/** What the person wants of durable tasks, as it is when asked. */
export const durability: Durability = {
  whyAttached: () =>
    readFlag("sshTasks.durable") ? undefined : "The setting sshTasks.durable is off.",
  cancelOnClose: () => readFlag("sshTasks.cancelOnClose"),
};

/** What connections are made with, as it is set at the moment. */
export function readTransport(): Transport {
  return asTransport(vscode.workspace.getConfiguration().get<unknown>(transportSettingId));
}

/** Seconds after which the end of a task is told; 0 is never. */
export function readNotifyAfterSeconds(): number {
  const set = vscode.workspace.getConfiguration().get<unknown>(notifySettingId, 30);
  return typeof set === "number" && set >= 0 ? set : 30;
}

/** What agents may run, as the person has set it at the moment. */
export function readPolicySettings(): {
  readonly policy: unknown;
  readonly policyFile: string | undefined;
} {
  return {
    policy: readObject("sshTasks.policy"),
    policyFile: readPath("sshTasks.policyFile"),
  };
}

/** What becomes of agents' commands where no policy decides, by alias. */
export function readConsentSetting(): unknown {
  return readObject("sshTasks.consent");
}

/** Whether commands are written down beside their hashes. */
export function auditsCommands(): boolean {
  return readFlag("sshTasks.auditCommands");
}

/** What is no list of aliases is no tag. */
function readTags(): Readonly<Record<string, readonly string[]>> {
  const set = readObject("sshTasks.tags");
  if (typeof set !== "object" || set === null) return {};
  const tags = Object.entries(set).map(([tag, aliases]): [string, readonly string[]] => [
    tag,
    Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === "string") : [],
  ]);
  return Object.fromEntries(tags);
}

/** Undefined where nothing is set; an empty object or list is something. */
function readObject(id: ObjectSettingId): unknown {
  return vscode.workspace.getConfiguration().inspect<unknown>(id)?.globalValue ?? undefined;
}

function readFlag(id: FlagSettingId): boolean {
  return vscode.workspace.getConfiguration().get<boolean>(id, id === "sshTasks.durable");
}

function readPath(id: PathSettingId): string | undefined {
  const path = vscode.workspace.getConfiguration().get<string>(id, "").trim();
  if (path === "") return undefined;
  return /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path;
}
