/** Every id of package.json that code uses, once; manifest.test.ts holds both equal. */

export const commandIds = [
  "sshTasks.cancelTask",
  "sshTasks.runTask",
  "sshTasks.showTaskOutput",
  "sshTasks.clearFinishedTasks",
  "sshTasks.openPanel",
] as const;
export type CommandId = (typeof commandIds)[number];

export const settingIds = ["sshTasks.sshConfigFile", "sshTasks.knownHostsFile"] as const;
export type SettingId = (typeof settingIds)[number];

/** What a task offers in the tree's menus. */
export const treeContexts = ["cancellable", "ended"] as const;
export type TreeContext = (typeof treeContexts)[number];

export const viewId = "sshTasks.tasks";
export const panelType = "sshTasks.panel";
export const mcpProviderId = "sshTasks.mcp";
