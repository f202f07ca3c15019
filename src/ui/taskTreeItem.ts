import * as vscode from "vscode";
import { isEnded, leftRunning, type Task, type TaskStatus } from "../tasks/task";
import type { CommandId } from "./commandIds";
import { formatElapsedInSteps } from "./elapsed";
import { escapeMarkdown } from "./markdown";
import { receiptLines } from "./receiptText";
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

/** A task as one line of the tree. */
export function createTreeItem(task: Task, now: number): vscode.TreeItem {
  const title = titleOf(task.command, 200);
  // Cut so that host and time have room beside it in a side bar of usual width.
  const item = new vscode.TreeItem(titleOf(task.command, 24));
  const [icon, color] = icons[task.status];
  item.id = task.id;
  item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
  item.description = [task.alias, formatElapsedInSteps(task, now), remark(task), leftovers(task)]
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
