import type { z } from "zod";
import type { CancelOutcome } from "../tasks/cancelOutcome";
import type { Task } from "../tasks/task";
import { checkTaskId } from "../tasks/taskRequest";
import type { ToolContext } from "./defineTool";
import { evidenceFields } from "./taskFields";
import { flagParam, optionalNumberParam, taskIdParam, textParam } from "./toolParams";
import { answer, type ToolAnswer } from "./toolResult";

const maxReasonLength = 200;

/** The parameters of both cancel tools. */
export const cancelParams = {
  task_id: taskIdParam,
  grace_seconds: optionalNumberParam(
    "Grace Seconds",
    "Seconds between TERM and KILL, 0 to 30; the user's setting (5) when absent.",
  ),
  force: flagParam("Force", "KILL now, also when a cancel is already under way."),
  reason: textParam(
    "Reason",
    `Why, in a few words, for the user and the receipt; cut at ${maxReasonLength} characters.`,
  ),
};

type CancelArgs = z.output<z.ZodObject<typeof cancelParams>>;

/** What both cancel tools do: they differ in name only, and work on every task. */
export async function cancelTask(
  tool: "ssh_cancel" | "ssh_cancel_async_task",
  args: CancelArgs,
  { tasks, client, log }: ToolContext,
): Promise<ToolAnswer> {
  const taskId = checkTaskId(args.task_id);
  const outcome = await tasks.cancelTask(taskId, {
    requestedBy: client,
    reason: oneLine(args.reason) || "asked for by the agent",
    ...(args.grace_seconds !== undefined && { graceSeconds: args.grace_seconds }),
    force: args.force,
  });
  log.event("info", tool, { task_id: taskId, cancelled: outcome.accepted });
  return answer(describeCancel(taskId, outcome));
}

function describeCancel(taskId: string, { accepted, task, note }: CancelOutcome): object {
  return {
    task_id: taskId,
    cancelled: accepted,
    message: accepted ? "Cancellation signaled" : "Task not found or not cancellable",
    status: task?.status ?? "unknown",
    receipt: task && evidenceFields(task).receipt,
    note: note ?? whyNot(task),
    exit_code: task && "exitCode" in task ? task.exitCode : undefined,
  };
}

function whyNot(task: Task | undefined): string {
  return task
    ? `It had already ended: ${task.status}.`
    : "No task has this id. Call ssh_list_tasks for the ids there are.";
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return Array.from(line).slice(0, maxReasonLength).join("");
}
