import { elapsedMs, isEnded, type Task } from "../../tasks/task";
import { invalidRequest } from "../../tasks/taskError";
import { checkAlias, strip } from "../../tasks/taskRequest";
import { defineTool, readsOnly } from "../defineTool";
import { outcomeFields, shortCommand } from "../taskFields";
import { textParam, wholeNumberParam } from "../toolParams";
import { answer } from "../toolResult";

/** In the order of a task's life; complete, or it doesn't compile. */
const statuses = Object.keys({
  pending: true,
  running: true,
  cancelling: true,
  lost: true,
  completed: true,
  failed: true,
  cancelled: true,
} satisfies Record<Task["status"], true>);

const limits = { fallback: 50, max: 200 };

export const sshListTasks = defineTool({
  name: "ssh_list_tasks",
  title: "List SSH Tasks",
  description:
    "Lists the tasks of this server, newest first, whoever started them: agents or the user. " +
    "Use it to find a task_id; for one task whose id you have use ssh_get_task_status.",
  annotations: readsOnly,
  params: {
    status: textParam(
      "Status",
      `Only tasks with this status: ${statuses.join(", ")}. Empty for all.`,
    ),
    alias: textParam("Alias", "Only tasks on the host with this alias. Empty for all."),
    max_age_seconds: wholeNumberParam(
      "Max Age Seconds",
      0,
      "Only tasks started within so many seconds; 0 for all.",
    ),
    limit: wholeNumberParam("Limit", limits.fallback, `How many at the most, 1 to ${limits.max}.`),
  },
  errorPrefix: "List error",
  handle(args, { tasks, clock }) {
    const matching = tasks.listTasks().filter(createFilter(args, clock.now())).reverse();
    const listed = matching.slice(0, checkLimit(args.limit));
    return answer({
      tasks: listed.map((task) => listedTask(task, clock.now())),
      total: matching.length,
    });
  },
});

interface Filter {
  readonly status: string;
  readonly alias: string;
  readonly max_age_seconds: number;
}

function createFilter(args: Filter, now: number): (task: Task) => boolean {
  const status = strip(args.status);
  if (status !== "" && !statuses.includes(status)) {
    throw invalidRequest(`status must be one of ${statuses.join(", ")}, or empty for all`);
  }
  const alias = strip(args.alias) === "" ? "" : checkAlias(args.alias);
  const maxAge = args.max_age_seconds;
  if (maxAge < 0) throw invalidRequest("max_age_seconds must be 0 or more");
  const since = maxAge === 0 ? 0 : now - maxAge * 1000;
  return (task) =>
    (status === "" || task.status === status) &&
    (alias === "" || task.alias === alias) &&
    task.createdAt >= since;
}

function checkLimit(limit: number): number {
  if (limit < 1 || limit > limits.max) {
    throw invalidRequest(`limit must be between 1 and ${limits.max}`);
  }
  return limit;
}

function listedTask(task: Task, now: number): object {
  return {
    task_id: task.id,
    status: task.status,
    alias: task.alias,
    command: shortCommand(task.command),
    elapsed_ms: elapsedMs(task, now),
    exit_code: isEnded(task) ? outcomeFields(task, now).exit_code : undefined,
  };
}
