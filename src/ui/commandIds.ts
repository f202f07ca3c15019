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
  "sshTasks.manageGrants",
  "sshTasks.showAuditLog",
  "sshTasks.forgetSecrets",
  "sshTasks.runTaskOnHost",
  "sshTasks.testConnection",
  "sshTasks.copySshCommand",
  "sshTasks.disconnectHost",
  "sshTasks.refreshHosts",
  "sshTasks.openSshConfig",
  "sshTasks.openInTerminal",
  "sshTasks.runTaskAgain",
  "sshTasks.copyCommand",
  "sshTasks.copyTaskId",
  "sshTasks.copyOutput",
  "sshTasks.saveOutput",
  "sshTasks.removeTask",
  "sshTasks.cancelAllOnHost",
  "sshTasks.showMoreTasks",
  "sshTasks.groupTasksByHost",
  "sshTasks.groupTasksByStatus",
] as const;
export type CommandId = (typeof commandIds)[number];

/** The section of the limits among the settings. */
export const limitSection = "sshTasks.limits";

export const pathSettingIds = [
  "sshTasks.sshConfigFile",
  "sshTasks.knownHostsFile",
  "sshTasks.policyFile",
] as const;
export type PathSettingId = (typeof pathSettingIds)[number];

export const flagSettingIds = [
  "sshTasks.durable",
  "sshTasks.cancelOnClose",
  "sshTasks.auditCommands",
] as const;
export type FlagSettingId = (typeof flagSettingIds)[number];

/** Settings that hold an object, or a list of them. */
export const objectSettingIds = [
  "sshTasks.hosts",
  "sshTasks.tags",
  "sshTasks.policy",
  "sshTasks.consent",
] as const;
export type ObjectSettingId = (typeof objectSettingIds)[number];

export const transportSettingId = "sshTasks.transport";
export const notifySettingId = "sshTasks.notifyAfterSeconds";

export const settingIds: readonly (
  | typeof transportSettingId
  | typeof notifySettingId
  | PathSettingId
  | FlagSettingId
  | ObjectSettingId
  | `${typeof limitSection}.${LimitName}`
)[] = [
  transportSettingId,
  notifySettingId,
  ...pathSettingIds,
  ...flagSettingIds,
  ...objectSettingIds,
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

/** What a host offers there. */
export const hostContexts = ["host", "connectedHost"] as const;
export type HostContext = (typeof hostContexts)[number];

export const viewId = "sshTasks.tasks";
export const hostViewId = "sshTasks.hosts";
export const statusBarId = "sshTasks.running";
export const panelType = "sshTasks.panel";
export const mcpProviderId = "sshTasks.mcp";
