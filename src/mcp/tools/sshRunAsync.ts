import { defineTool, runsCommands } from "../defineTool";
import { denialAnswer, startRun } from "../startRun";
import { pollSeconds } from "../taskFields";
import { aliasParam, commandParam, flagParam, maxSecondsParam } from "../toolParams";
import { answer } from "../toolResult";

export const sshRunAsync = defineTool({
  name: "ssh_run_async",
  title: "Start SSH Command",
  description:
    "Starts a shell command on one host and gives its task_id at once. For what may take longer than a minute: it goes on " +
    "when the connection is lost or the window is closed. Then call ssh_wait_task. Only ssh_cancel_async_task or ssh_cancel " +
    "stops it.",
  annotations: runsCommands,
  params: {
    alias: aliasParam,
    command: commandParam,
    max_seconds: maxSecondsParam(0, "Seconds after which the command is stopped; 0 for no limit."),
    merge: flagParam(
      "Merge",
      "Give stderr in stdout, in the order they were written, instead of the two apart.",
    ),
  },
  errorPrefix: "Async run error",
  async handle(args, context) {
    const how = { durable: true, merge: args.merge };
    const { task, denied } = await startRun(args, context, how);
    if (denied) return denialAnswer(denied);
    context.followTask(task);
    return answer({
      task_id: task.id,
      status: task.status,
      keepAlive: context.tasks.keepSeconds(task),
      pollFrequency: pollSeconds,
      alias: task.alias,
      command: task.command,
      hash: task.commandHash,
    });
  },
});
