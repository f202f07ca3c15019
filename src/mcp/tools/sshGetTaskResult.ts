import { checkTaskId } from "../../tasks/taskRequest";
import { isSettled, type SettledTask } from "../../tasks/task";
import { defineTool, readsOnly, type ToolContext } from "../defineTool";
import { withHostLimits } from "../hostLimits";
import {
  errorOf,
  evidenceFields,
  fitOutput,
  gapFields,
  outcomeFields,
  outputText,
} from "../taskFields";
import { taskIdParam } from "../toolParams";
import { answer, errorAnswer } from "../toolResult";

export const sshGetTaskResult = defineTool({
  name: "ssh_get_task_result",
  title: "Get SSH Task Result",
  description:
    "Gives exit code, output and duration of a task that has ended. While it still runs use ssh_wait_task.",
  annotations: readsOnly,
  params: { task_id: taskIdParam },
  errorPrefix: "Result error",
  async handle(args, context) {
    const taskId = checkTaskId(args.task_id);
    const task = context.tasks.getTask(taskId);
    if (task && !isSettled(task)) {
      return errorAnswer(`Task still running: ${taskId}. Call ssh_wait_task.`);
    }
    const result = task && describeResult(task, await withHostLimits(task.alias, context));
    if (!result) return errorAnswer(`Task not found or expired: ${taskId}`);
    context.log.event("debug", "ssh_get_task_result", { task_id: taskId });
    return answer(result, errorOf(task) !== undefined);
  },
});

function describeResult(
  task: SettledTask,
  { tasks, clock, limits }: ToolContext,
): object | undefined {
  const { exit_code, duration_ms, ...outcome } = outcomeFields(task, clock.now());
  return fitOutput(
    limits,
    (maxBytes) => tasks.summarizeOutput(task.id, maxBytes),
    (output) => ({
      task_id: task.id,
      status: task.status,
      exit_code,
      duration_ms,
      output: outputText(task, output),
      ...outcome,
      max_seconds: task.maxSeconds,
      ...gapFields(output),
      ...evidenceFields(task),
    }),
  );
}
