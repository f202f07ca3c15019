import { elapsedMs, isEnded, type Task } from "../../tasks/task";
import { TaskError } from "../../tasks/taskError";
import { checkTaskId } from "../../tasks/taskRequest";
import { defineTool, readsOnly, type ToolContext } from "../defineTool";
import { evidenceFields, outcomeFields, pollSeconds, shortCommand } from "../taskFields";
import { flagParam, taskIdParam } from "../toolParams";
import { answer, errorAnswer } from "../toolResult";

const maxProcesses = 200;

export const sshGetTaskStatus = defineTool({
  name: "ssh_get_task_status",
  title: "Get SSH Task Status",
  description:
    "Says how a task is doing: pending, running, cancelling, lost (its end was not seen), or ended as completed, " +
    "failed or cancelled. Ask again after pollFrequency seconds. Asking or not asking changes nothing about the task.",
  annotations: readsOnly,
  params: {
    task_id: taskIdParam,
    include_processes: flagParam(
      "Include Processes",
      "Also list its live processes on the host, which a cancel would end. It is asked over SSH; nothing is touched.",
    ),
  },
  errorPrefix: "Status error",
  async handle(args, context) {
    const taskId = checkTaskId(args.task_id);
    const processes = args.include_processes && (await processFields(taskId, context));
    const task = context.tasks.getTask(taskId);
    if (!task) return errorAnswer(`Task not found: ${taskId}`);
    context.log.event("debug", "ssh_get_task_status", { task_id: taskId });
    return answer({ ...describeStatus(task, context), ...processes });
  },
});

/** The processes by pid; where its host can't be asked, why. */
async function processFields(taskId: string, { tasks }: ToolContext): Promise<object> {
  try {
    const processes = (await tasks.listProcesses(taskId)) ?? [];
    const listed = processes.slice(0, maxProcesses);
    return {
      processes: listed.map(({ pid, parent, user, ageSeconds, command }) => ({
        pid,
        parent,
        user,
        age_seconds: ageSeconds,
        command,
      })),
      processes_note:
        listed.length < processes.length
          ? `Only the first ${listed.length} of ${processes.length} processes are listed.`
          : undefined,
    };
  } catch (error) {
    if (error instanceof TaskError) return { processes_note: error.message };
    throw error;
  }
}

function describeStatus(task: Task, { tasks, clock }: ToolContext): object {
  const { stdout, stderr } = tasks.outputSize(task.id);
  const outcome = isEnded(task) ? outcomeFields(task, clock.now()) : undefined;
  return {
    task_id: task.id,
    status: task.status,
    keepAlive: tasks.keepSeconds(task),
    pollFrequency: pollSeconds,
    progress_percent: progressPercent(task, clock.now()),
    elapsed_ms: elapsedMs(task, clock.now()),
    bytes_read: stdout + stderr,
    output_lines_available: tasks.lineCount(task.id),
    exit_code: outcome?.exit_code,
    timeout: outcome?.timeout,
    alias: task.alias,
    command: shortCommand(task.command),
    max_seconds: task.maxSeconds,
    ...evidenceFields(task),
  };
}

/** How much of its time it has used: 100 only once it has ended, 0 where it has no limit. */
function progressPercent(task: Task, now: number): number {
  if (isEnded(task)) return 100;
  if (task.maxSeconds === 0) return 0;
  return Math.min(99, Math.trunc(elapsedMs(task, now) / (task.maxSeconds * 10)));
}
