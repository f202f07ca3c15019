import {
  formatCursor,
  parseCursor,
  type OutputCursor,
  type OutputSlice,
} from "../../tasks/outputLog";
import { invalidRequest } from "../../tasks/taskError";
import { checkTaskId, strip } from "../../tasks/taskRequest";
import { defineTool, readsOnly, type ToolContext } from "../defineTool";
import { withHostLimits } from "../hostLimits";
import { fitOutput, gapFields } from "../taskFields";
import { taskIdParam, textParam, wholeNumberParam } from "../toolParams";
import { answer, errorAnswer } from "../toolResult";
import { visibleOutput } from "../../tasks/visibleText";

const maxLinesLimit = 1000;
const defaultMaxBytes = 16 * 1024;

export const sshGetTaskOutput = defineTool({
  name: "ssh_get_task_output",
  title: "Get SSH Task Output",
  description:
    "Gives the last max_lines lines of a task's output so far, stdout and then stderr, also while the command runs; with " +
    "cursor instead what came after it, at most max_bytes. To wait for more use ssh_wait_task.",
  annotations: readsOnly,
  params: {
    task_id: taskIdParam,
    max_lines: wholeNumberParam("Max Lines", 50, `Lines at the most, 1 to ${maxLinesLimit}.`),
    cursor: textParam("Cursor", 'The cursor of an earlier answer; "0:0" for the beginning.'),
    max_bytes: wholeNumberParam("Max Bytes", defaultMaxBytes, "Bytes at the most, with cursor."),
    stream: textParam("Stream", "stdout or stderr for that alone, with cursor."),
  },
  errorPrefix: "Output error",
  async handle(args, given) {
    const taskId = checkTaskId(args.task_id);
    const task = given.tasks.getTask(taskId);
    const context = task ? await withHostLimits(task.alias, given) : given;
    const { max_lines: maxLines, max_bytes: maxBytes } = args;
    if (maxLines < 1 || maxLines > maxLinesLimit) {
      throw invalidRequest(`max_lines must be between 1 and ${maxLinesLimit}`);
    }
    const { maxResultBytes } = context.limits;
    if (maxBytes < 1 || maxBytes > maxResultBytes) {
      throw invalidRequest(`max_bytes must be between 1 and ${maxResultBytes}`);
    }
    const stream = strip(args.stream);
    if (!["", "stdout", "stderr"].includes(stream)) {
      throw invalidRequest("stream must be stdout or stderr, or empty for both");
    }
    const cursor = strip(args.cursor);
    const output =
      cursor === ""
        ? lastLines(taskId, maxLines, context)
        : linesAfter(taskId, { cursor: parseCursor(cursor), maxBytes, stream }, context);
    if (!output) return errorAnswer(`Task not found or no output available: ${taskId}`);
    context.log.event("debug", "ssh_get_task_output", { task_id: taskId, max_lines: maxLines });
    return answer(output);
  },
});

function lastLines(taskId: string, maxLines: number, context: ToolContext): object | undefined {
  const { tasks, limits } = context;
  const { stdout, stderr } = tasks.outputSize(taskId);
  return fitOutput(
    limits,
    (maxBytes) => tasks.lastLines(taskId, maxLines, maxBytes),
    ({ lines, total }, maxBytes) => ({
      task_id: taskId,
      output_lines: lines.map(visibleOutput),
      total_lines: total,
      // There is also more where a single line is longer than an answer may be.
      has_more: total > lines.length || stdout + stderr > maxBytes,
      cursor: formatCursor({ stdout, stderr }),
    }),
  );
}

interface Wanted {
  readonly cursor: OutputCursor;
  readonly maxBytes: number;
  readonly stream: string;
}

function linesAfter(
  taskId: string,
  { cursor, maxBytes, stream }: Wanted,
  { tasks, limits }: ToolContext,
): object | undefined {
  // Of a stream that is not wanted nothing is read.
  const size = tasks.outputSize(taskId);
  const from = {
    stdout: stream === "stderr" ? size.stdout : cursor.stdout,
    stderr: stream === "stdout" ? size.stderr : cursor.stderr,
  };
  return fitOutput(
    { maxResultBytes: Math.min(limits.maxResultBytes, maxBytes) },
    (bytes) => tasks.readOutput(taskId, from, bytes),
    (output) => ({
      task_id: taskId,
      stdout: stream === "stderr" ? undefined : visibleOutput(output.stdout),
      stderr: stream === "stdout" ? undefined : visibleOutput(output.stderr),
      cursor: formatCursor(nextOf(output, stream, cursor)),
      has_more: output.more,
      ...gapFields(output),
    }),
  );
}

/** Where it goes on, of a stream that was not wanted at the old place. */
function nextOf({ next }: OutputSlice, stream: string, cursor: OutputCursor): OutputCursor {
  return {
    stdout: stream === "stderr" ? cursor.stdout : next.stdout,
    stderr: stream === "stdout" ? cursor.stderr : next.stderr,
  };
}
