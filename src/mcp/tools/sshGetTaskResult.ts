import { checkTaskId } from "../../tasks/taskRequest";
import { isSettled } from "../../tasks/task";
import { defineTool, readsOnly } from "../defineTool";
import {
  errorOf,
  evidenceFields,
  gapFields,
  maxResultBytes,
  outcomeFields,
  outputText,
} from "../taskFields";
import { taskIdParam } from "../toolParams";
import { answer, errorAnswer } from "../toolResult";

export const sshGetTaskResult = defineTool({
  name: "ssh_get_task_result",
  title: "Get SSH Task Result",
  description:
    "Gives exit code, output and duration of a task that has ended. While it still runs use ssh_get_task_output.",
  annotations: readsOnly,
  params: { task_id: taskIdParam },
  errorPrefix: "Result error",
  handle(args, { tasks, clock }) {
    const taskId = checkTaskId(args.task_id);
    const task = tasks.getTask(taskId);
    const output = tasks.summarizeOutput(taskId, maxResultBytes);
    if (!task || !output) return errorAnswer(`Task not found or expired: ${taskId}`);
    if (!isSettled(task)) {
      return errorAnswer(
        `Task still running: ${taskId}. Call ssh_get_task_status until it has ended.`,
      );
    }
    const { exit_code, duration_ms, cancelled, timeout, target_ip } = outcomeFields(
      task,
      clock.now(),
    );
    const result = {
      task_id: taskId,
      status: task.status,
      exit_code,
      duration_ms,
      output: outputText(task, output),
      cancelled,
      timeout,
      target_ip,
      max_seconds: task.maxSeconds,
      ...gapFields(output),
      ...evidenceFields(task),
    };
    return answer(result, errorOf(task) !== undefined);
  },
});
