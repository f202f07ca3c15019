import { invalidRequest } from "../../tasks/taskError";
import { checkTaskId } from "../../tasks/taskRequest";
import { defineTool, readsOnly } from "../defineTool";
import { fitOutput } from "../taskFields";
import { taskIdParam, wholeNumberParam } from "../toolParams";
import { answer, errorAnswer } from "../toolResult";

const maxLinesLimit = 1000;

export const sshGetTaskOutput = defineTool({
  name: "ssh_get_task_output",
  title: "Get SSH Task Output",
  description:
    "Gives the last lines of a task's output so far, stdout and then stderr, also while the command runs. " +
    "For exit code and whole output of an ended task use ssh_get_task_result.",
  annotations: readsOnly,
  params: {
    task_id: taskIdParam,
    max_lines: wholeNumberParam(
      "Max Lines",
      50,
      `How many lines at the most, 1 to ${maxLinesLimit}.`,
    ),
  },
  errorPrefix: "Output error",
  handle(args, { tasks, limits }) {
    const taskId = checkTaskId(args.task_id);
    if (args.max_lines < 1 || args.max_lines > maxLinesLimit) {
      throw invalidRequest(`max_lines must be between 1 and ${maxLinesLimit}`);
    }
    const { stdout, stderr } = tasks.outputSize(taskId);
    const output = fitOutput(
      limits,
      (maxBytes) => tasks.lastLines(taskId, args.max_lines, maxBytes),
      ({ lines, total }, maxBytes) => ({
        task_id: taskId,
        output_lines: lines,
        total_lines: total,
        // There is also more where a single line is longer than an answer may be.
        has_more: total > lines.length || stdout + stderr > maxBytes,
      }),
    );
    if (!output) return errorAnswer(`Task not found or no output available: ${taskId}`);
    return answer(output);
  },
});
