import * as vscode from "vscode";
import { isEnded, leftRunning, type Task, type TaskStatus } from "../tasks/task";
import type { CommandId } from "./commandIds";
import { formatElapsedInSteps } from "./elapsed";
import { escapeMarkdown } from "./markdown";
import { countTasks } from "./hostText";
import { receiptLines } from "./receiptText";
import type { TaskGroup } from "./taskGroups";
import {
  describeDoor,
  describeDurability,
  describeStatus,
  elsewhere,
  noteOf,
  titleOf,
  visible,
} from "./taskText";
import { contextOf } from "./treeContext";

/** Characters of the last line of output. */
const maxLastLine = 60;

/** Product icons in colours that every theme has: those of the editor's own test results. */
const icons: Readonly<Record<TaskStatus, readonly [icon: string, color: string]>> = {
  pending: ["clock", "testing.iconQueued"],
  running: ["loading~spin", "charts.blue"],
  cancelling: ["loading~spin", "problemsWarningIcon.foreground"],
  lost: ["warning", "problemsWarningIcon.foreground"],
  completed: ["pass", "testing.iconPassed"],
  failed: ["error", "testing.iconFailed"],
  cancelled: ["circle-slash", "testing.iconSkipped"],
};

/** A heading with the number of tasks below it. */
export function createGroupItem({ id, title, tasks }: TaskGroup): vscode.TreeItem {
  const item = new vscode.TreeItem(title, vscode.TreeItemCollapsibleState.Expanded);
  item.id = id;
  item.description = String(tasks.length);
  item.accessibilityInformation = { label: `${title}, ${countTasks(tasks.length)}` };
  return item;
}

/** The line below the ones that are drawn of a large group. */
export function createMoreItem(groupId: string, count: number): vscode.TreeItem {
  const item = new vscode.TreeItem(`Show More (${count})`);
  item.id = `more:${groupId}`;
  item.command = {
    title: "Show More",
    command: "sshTasks.showMoreTasks" satisfies CommandId,
    arguments: [groupId],
  };
  return item;
}

export interface LineOptions {
  readonly now: number;
  /** Of its output, "" for none. */
  readonly lastLine: string;
  readonly showsHost: boolean;
}

/** A task as one line of the tree. */
export function createTreeItem(
  task: Task,
  { now, lastLine, showsHost }: LineOptions,
): vscode.TreeItem {
  const title = titleOf(task.command, 200);
  // Cut so that host and time have room beside it in a side bar of usual width.
  const item = new vscode.TreeItem(titleOf(task.command, 24));
  const [icon, color] = icons[task.status];
  item.id = task.id;
  item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
  item.description = [
    showsHost ? task.alias : "",
    formatElapsedInSteps(task, now),
    remark(task),
    leftovers(task),
    lineOfOutput(lastLine),
  ]
    .filter(Boolean)
    .join(" · ");
  item.contextValue = contextOf(task);
  // Without the elapsed time: a screen reader would read the line anew each second.
  item.accessibilityInformation = { label: `${title}, ${describeStatus(task)} on ${task.alias}` };
  item.command = {
    title: "Show SSH Task Output",
    command: "sshTasks.showTaskOutput" satisfies CommandId,
    arguments: [task.id, true],
  };
  return item;
}

/** What a host has printed, in one line without what moves the cursor or colours it; of a progress bar its latest state. */
function lineOfOutput(text: string): string {
  const plain = text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "");
  const latest = plain.split("\r").findLast((part) => part.trim() !== "") ?? "";
  return visible(latest.replace(/[\x00-\x1f\x7f-\x9f]+/g, " "))
    .trim()
    .slice(0, maxLastLine);
}

/** What the icon alone does not say. */
function remark(task: Task): string {
  switch (task.status) {
    case "pending":
    case "cancelling":
      return describeStatus(task).toLowerCase();
    case "lost":
      return "may still run";
    case "failed":
      return task.exitCode > 0 ? `exit ${task.exitCode}` : describeStatus(task).toLowerCase();
    case "running":
      return task.reconnecting ? "reconnecting" : "";
    case "completed":
    case "cancelled":
      return "";
  }
}

function leftovers(task: Task): string {
  const left = leftRunning(task);
  return left > 0 ? `${left} left running` : "";
}

/** What the line leaves out, in Markdown in which what came from elsewhere is code or escaped text, never markup. */
export function createTooltip(task: Task, isElsewhere: boolean): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.appendCodeblock(visible(task.command).slice(0, 2000), "shellscript");
  const started = new Date(task.createdAt).toLocaleString();
  const window = isElsewhere ? ` ${elsewhere}` : "";
  const where = `on ${task.alias}, started ${started} by ${describeDoor(task.startedBy)}${window}`;
  tooltip.appendMarkdown(`**${escapeMarkdown(describeStatus(task))}** ${escapeMarkdown(where)}`);
  if (task.durable && !isEnded(task)) {
    tooltip.appendMarkdown(`\n\n${escapeMarkdown(describeDurability(task))}`);
  }
  const note = noteOf(task);
  if (note) tooltip.appendMarkdown(`\n\n${escapeMarkdown(visible(note.text))}`);
  const lines = "receipt" in task && task.receipt ? receiptLines(task.receipt) : [];
  if (lines.length > 0) tooltip.appendMarkdown("\n");
  for (const { label, text } of lines)
    tooltip.appendMarkdown(`\n- ${label}: ${escapeMarkdown(text)}`);
  return tooltip;
}
