import { isSettled, type SettledTask } from "../../tasks/task";
import { hashCommand } from "../../tasks/taskId";
import { checkAlias, checkCommand } from "../../tasks/taskRequest";
import { defineTool, runsCommands, type ToolContext } from "../defineTool";
import { withHostLimits } from "../hostLimits";
import { denialAnswer, startRun } from "../startRun";
import {
  errorOf,
  evidenceFields,
  fitOutput,
  gapFields,
  outcomeFields,
  outputText,
} from "../taskFields";
import { aliasParam, commandParam, maxSecondsParam } from "../toolParams";
import { answer, errorAnswer } from "../toolResult";
import { tellProgressOf } from "../waitProgress";

const defaultMaxSeconds = 60;

export const sshRun = defineTool({
  name: "ssh_run",
  title: "Run SSH Command",
  description:
    "Runs a shell command on one host, waits for its end and gives its output and exit code. For what takes up to a " +
    "minute; for longer work use ssh_run_async. After max_seconds, or when this call is stopped, the command is cancelled.",
  annotations: runsCommands,
  params: {
    alias: aliasParam,
    command: commandParam,
    max_seconds: maxSecondsParam(
      defaultMaxSeconds,
      "Seconds after which the command is stopped; 0 for no limit.",
    ),
  },
  errorPrefix: "Run error",
  async handle(args, context) {
    const { log, tasks } = context;
    const alias = checkAlias(args.alias);
    const hash = hashCommand(checkCommand(args.command));
    log.event("debug", "ssh_run_start", { alias, hash });
    const { task: started, denied } = await startRun(args, context, {
      defaultSeconds: defaultMaxSeconds,
    });
    if (denied) return denialAnswer(denied);
    const who = { alias, hash, task_id: started.id };
    log.event("debug", "ssh_run_task_created", who);
    const bounded = await withHostLimits(alias, context);
    const progress = tellProgressOf(started.id, started.maxSeconds, context);
    const task = await tasks.waitForTask(started.id).finally(() => progress.dispose());
    const settled = task && isSettled(task) ? task : undefined;
    const result = settled && describeRun(settled, bounded);
    if (!result) {
      return errorAnswer(`Task was cleared while it was waited for: ${started.id}`, "Run error");
    }
    const { exit_code, timeout, cancelled } = outcomeFields(settled, context.clock.now());
    log.event("info", "ssh_run_complete", { ...who, exit_code, timeout, cancelled });
    return answer(result, settled.status === "lost" || errorOf(settled) !== undefined);
  },
});

function describeRun(task: SettledTask, { tasks, clock, limits }: ToolContext): object | undefined {
  return fitOutput(
    limits,
    (maxBytes) => tasks.summarizeOutput(task.id, maxBytes),
    (output) => ({
      task_id: task.id,
      alias: task.alias,
      hash: task.commandHash,
      ...outcomeFields(task, clock.now()),
      output: outputText(task, output),
      status: task.status,
      ...gapFields(output),
      ...evidenceFields(task),
    }),
  );
}
