import * as vscode from "vscode";
import type { ConnectFailure, HostStatus } from "../tasks/hostConnections";
import type { HostInfo } from "../tasks/remoteHost";
import type { Task } from "../tasks/task";
import type { HostContext } from "./commandIds";
import { addressBesideAlias, addressOf, describeHostStatus, timeOf } from "./hostText";
import { escapeMarkdown } from "./markdown";
import { titleOf, visible } from "./taskText";

/** A host as it is drawn. */
export interface HostLine {
  readonly host: HostInfo;
  readonly status: HostStatus;
  /** Its tasks that have not ended, oldest first. */
  readonly running: readonly Task[];
}

/** Product icons in colours that every theme has, as those of tasks. */
const icons: Readonly<Record<HostStatus["state"], readonly [icon: string, color?: string]>> = {
  notConnected: ["vm"],
  connecting: ["loading~spin", "charts.blue"],
  connected: ["vm-active", "testing.iconPassed"],
  failed: ["warning", "problemsWarningIcon.foreground"],
};
/** Of a host that was connected once. */
const reachedIcon = ["vm-outline"] as const;

/** More running tasks than these are counted in the tooltip, and not named. */
const maxNamed = 5;

/** A host as one line of the tree. */
export function createHostItem({ host, status, running }: HostLine): vscode.TreeItem {
  const item = new vscode.TreeItem(host.alias);
  const [icon, color] = "reachedAt" in status ? reachedIcon : icons[status.state];
  item.id = host.alias;
  item.iconPath = new vscode.ThemeIcon(icon, color ? new vscode.ThemeColor(color) : undefined);
  item.description = [
    running.length > 0 ? `${running.length} running` : "",
    visible(addressBesideAlias(host)),
    visible(host.tags.map((tag) => `#${tag}`).join(" ")),
  ]
    .filter(Boolean)
    .join(" · ");
  item.contextValue = contextOfHost(status);
  const label = [host.alias, describeHostStatus(status), item.description];
  item.accessibilityInformation = { label: label.filter(Boolean).join(", ") };
  return item;
}

/** What can be done about a host beside what can be done about all. */
export function contextOfHost({ state }: HostStatus): HostContext {
  return state === "connected" ? "connectedHost" : "host";
}

/** What the line leaves out, in Markdown in which what came from elsewhere is escaped text, never markup. */
export function createHostTooltip({ host, status, running }: HostLine): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  const escape = (text: string): string => escapeMarkdown(visible(text));
  const paragraph = (text: string): void => void tooltip.appendMarkdown(`\n\n${text}`);
  tooltip.appendMarkdown(`**${escape(host.alias)}** ${escape(addressOf(host))}`);
  if (host.description !== "") paragraph(escape(host.description));
  if (host.tags.length > 0) paragraph(escape(host.tags.map((tag) => `#${tag}`).join(" ")));
  paragraph(escape(describeHostStatus(status)));
  const failure = failureOf(status);
  if (failure) paragraph(`${escape(timeOf(failure.at))}: ${escape(failure.message)}`);
  if (running.length > 0) paragraph("Running:\n");
  for (const task of running.slice(0, maxNamed))
    tooltip.appendMarkdown(`\n- ${escape(titleOf(task.command, 80))}`);
  const more = running.length - maxNamed;
  if (more > 0) tooltip.appendMarkdown(`\n- and ${more} more`);
  return tooltip;
}

function failureOf(status: HostStatus): ConnectFailure | undefined {
  return "failure" in status ? status.failure : undefined;
}
