import { RE2JS, RE2JSSyntaxException } from "re2js";
import { formatCursor, outputStart, parseCursor, type OutputCursor } from "../../tasks/outputLog";
import { elapsedMs, isEnded, type Task } from "../../tasks/task";
import { invalidRequest } from "../../tasks/taskError";
import { checkTaskId, strip } from "../../tasks/taskRequest";
import { watchTask, type WatchEnd } from "../../tasks/taskWatch";
import { defineTool, readsOnly, type ToolContext } from "../defineTool";
import { withHostLimits } from "../hostLimits";
import { evidenceFields, fitOutput, gapFields, outcomeFields } from "../taskFields";
import { taskIdParam, textParam, wholeNumberParam } from "../toolParams";
import { answer, errorAnswer, type ToolAnswer } from "../toolResult";
import { visibleOutput } from "../../tasks/visibleText";
import { tellProgressOf } from "../waitProgress";

const defaults = { timeoutSeconds: 45, maxBytes: 16 * 1024 };
const maxTimeoutSeconds = 3600;
const maxPattern = 1000;
const maxMatchedLine = 500;

export const sshWaitTask = defineTool({
  name: "ssh_wait_task",
  title: "Wait for SSH Task",
  description:
    "Waits until a task ends, a line of its output matches pattern, or it prints nothing for silent_seconds; at most " +
    "timeout_seconds. Gives the output since cursor and, once ended, the exit code. Call it again with the new cursor to go " +
    "on waiting. Stopping it stops the wait only, never the task: for that use ssh_cancel_async_task.",
  annotations: readsOnly,
  params: {
    task_id: taskIdParam,
    timeout_seconds: wholeNumberParam(
      "Timeout Seconds",
      defaults.timeoutSeconds,
      `Seconds to wait at the most, 1 to ${maxTimeoutSeconds}.`,
    ),
    pattern: textParam(
      "Pattern",
      "RE2 regular expression, compared with each line. Empty for none.",
    ),
    silent_seconds: wholeNumberParam(
      "Silent Seconds",
      0,
      "Also return when nothing was printed for so many seconds; 0 for never.",
    ),
    cursor: textParam("Cursor", "The cursor of an earlier answer; empty for the beginning."),
    max_bytes: wholeNumberParam(
      "Max Bytes",
      defaults.maxBytes,
      "Output to give at the most; of more, its beginning and its end.",
    ),
  },
  errorPrefix: "Wait error",
  async handle(args, context) {
    const taskId = checkTaskId(args.task_id);
    const timeoutSeconds = checkRange(
      "timeout_seconds",
      args.timeout_seconds,
      1,
      maxTimeoutSeconds,
    );
    const silentSeconds = checkRange("silent_seconds", args.silent_seconds, 0, maxTimeoutSeconds);
    const maxBytes = checkRange("max_bytes", args.max_bytes, 1, context.limits.maxResultBytes);
    const from = strip(args.cursor) === "" ? outputStart : parseCursor(strip(args.cursor));
    const matches = matcherOf(args.pattern);
    const { alias = "" } = context.tasks.getTask(taskId) ?? {};
    const bounded = await withHostLimits(alias, context);
    const progress = tellProgressOf(taskId, timeoutSeconds, context);
    try {
      const { reason, line } = await watchTask(context.tasks, context.clock, taskId, {
        from,
        ...(matches && { matches }),
        ...(silentSeconds > 0 && { silentMs: silentSeconds * 1000 }),
        timeoutMs: timeoutSeconds * 1000,
        signal: context.takenBack,
      });
      return describeWait(taskId, { reason, line, from, maxBytes }, bounded);
    } finally {
      progress.dispose();
    }
  },
});

function checkRange(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw invalidRequest(`${name} must be between ${min} and ${max}`);
}

/** RE2 takes time in proportion to the line, whatever the pattern. */
function matcherOf(pattern: string): ((line: string) => boolean) | undefined {
  if (pattern === "") return undefined;
  if (pattern.length > maxPattern) {
    throw invalidRequest(`pattern too long (max ${maxPattern} characters)`);
  }
  try {
    const compiled = RE2JS.compile(pattern);
    return (line) => compiled.matcher(line).find();
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw invalidRequest(
      `pattern is not a regular expression of RE2 (no lookaround, no backreferences): ${error.getDescription()}`,
    );
  }
}

interface Wait {
  readonly reason: WatchEnd;
  readonly line: string | undefined;
  readonly from: OutputCursor;
  readonly maxBytes: number;
}

function describeWait(
  taskId: string,
  wait: Wait,
  { tasks, clock, limits }: ToolContext,
): ToolAnswer {
  const task = tasks.getTask(taskId);
  const described =
    task &&
    fitOutput(
      { maxResultBytes: Math.min(limits.maxResultBytes, wait.maxBytes) },
      (maxBytes) => tasks.summarizeOutput(taskId, maxBytes, wait.from),
      (output) => ({
        task_id: taskId,
        status: task.status,
        reason: wait.reason,
        matched_line:
          wait.line === undefined ? undefined : visibleOutput(wait.line).slice(0, maxMatchedLine),
        elapsed_ms: elapsedMs(task, clock.now()),
        ...(isEnded(task) && outcomeFields(task, clock.now())),
        stdout: visibleOutput(output.stdout),
        stderr: output.stderr === "" ? undefined : visibleOutput(output.stderr),
        cursor: formatCursor(output.next),
        ...gapFields(output),
        ...evidenceFields(task),
        ...stillRuns(task),
      }),
    );
  if (described) return answer(described);
  return errorAnswer(`Task not found: ${taskId}. Call ssh_list_tasks for the tasks there are.`);
}

function stillRuns({ status }: Task): { note?: string } {
  if (status !== "running" && status !== "pending") return {};
  return { note: "It goes on. Call ssh_wait_task with this cursor to wait on." };
}
