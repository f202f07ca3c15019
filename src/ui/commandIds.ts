import { limitNames, type LimitName } from "../tasks/limits";

/** Every id of package.json that code uses, once; manifest.test.ts holds both equal. */

export const commandIds = [
  "sshTasks.cancelTask",
  "sshTasks.forceKillTask",
  "sshTasks.retryCancelTask",
  "sshTasks.stopLeftovers",
  "sshTasks.showTaskProcesses",
  "sshTasks.runTask",
  "sshTasks.showTaskOutput",
  "sshTasks.clearFinishedTasks",
  "sshTasks.openPanel",
] as const;
export type CommandId = (typeof commandIds)[number];

/** The section of the limits among the settings. */
export const limitSection = "sshTasks.limits";

export const pathSettingIds = ["sshTasks.sshConfigFile", "sshTasks.knownHostsFile"] as const;
export type PathSettingId = (typeof pathSettingIds)[number];

export const flagSettingIds = ["sshTasks.durable", "sshTasks.cancelOnClose"] as const;
export type FlagSettingId = (typeof flagSettingIds)[number];

export const settingIds: readonly (
  PathSettingId | FlagSettingId | `${typeof limitSection}.${LimitName}`
)[] = [
  ...pathSettingIds,
  ...flagSettingIds,
  ...limitNames.map((name) => `${limitSection}.${name}` as const),
];

/** What a task offers in the tree's menus. */
export const treeContexts = [
  "cancellable",
  "cancelling",
  "lost",
  "ended",
  "endedWithLeftovers",
] as const;
export type TreeContext = (typeof treeContexts)[number];

export const viewId = "sshTasks.tasks";
export const panelType = "sshTasks.panel";
export const mcpProviderId = "sshTasks.mcp";
