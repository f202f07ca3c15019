import type { HostInfo } from "../../tasks/remoteHost";
import { isSettled, type SettledTask } from "../../tasks/task";
import { hashCommand } from "../../tasks/taskId";
import { TaskError } from "../../tasks/taskError";
import { checkCommand, checkMaxSeconds, checkTag } from "../../tasks/taskRequest";
import { defineTool, runsCommands, type ToolContext } from "../defineTool";
import { withHostLimits } from "../hostLimits";
import { sanitizeError } from "../sanitizeError";
import { startRun, type DeniedRun } from "../startRun";
import { evidenceFields, fitOutput, gapFields, outcomeFields, outputText } from "../taskFields";
import { commandParam, maxSecondsParam, textParam } from "../toolParams";
import { answer } from "../toolResult";

const defaultMaxSeconds = 60;
/** Hosts on which the command runs at a time. */
const sideBySide = 10;

export const sshRunOnTag = defineTool({
  name: "ssh_run_on_tag",
  title: "Run SSH Command on Tagged Hosts",
  description:
    "Runs a shell command on all hosts with a tag, side by side, waits for its end on each and gives a result for each. One " +
    "host that fails does not stop the others. After max_seconds, or when this call is stopped, what still runs is cancelled.",
  annotations: runsCommands,
  params: {
    tag: textParam("Tag", "The tag, as ssh_describe_host gives it."),
    command: commandParam,
    max_seconds: maxSecondsParam(
      defaultMaxSeconds,
      "Seconds after which the command is stopped on a host; 0 for no limit.",
    ),
  },
  errorPrefix: "Run on tag error",
  async handle(args, context) {
    const tag = checkTag(args.tag);
    const command = checkCommand(args.command);
    if (args.max_seconds !== undefined) checkMaxSeconds(args.max_seconds);
    const hash = hashCommand(command);
    const hosts = (await context.catalog.listHosts()).filter(({ tags }) => tags.includes(tag));
    const who = { tag, hash, target_count: hosts.length };
    context.log.event("debug", "ssh_run_on_tag_start", who);
    if (hosts.length === 0) return answer({ tag, results: [], note: "No hosts matched." });
    const run = (host: HostInfo) => runOn(host, { ...args, command }, hosts.length, context);
    const results = await mapSideBySide(hosts, run);
    const succeeded = results.filter((result) => !("denied" in result)).length;
    context.log.event("info", "ssh_run_on_tag_complete", { ...who, succeeded });
    return answer({ tag, results });
  },
});

interface TagRun {
  readonly command: string;
  readonly max_seconds?: number | undefined;
}

/** Never rejects: what goes wrong on one host is its result. */
async function runOn(
  { alias }: HostInfo,
  run: TagRun,
  hostCount: number,
  context: ToolContext,
): Promise<object> {
  const hash = hashCommand(run.command);
  if (context.takenBack.aborted) return neverRan(alias, hash, "Stopped before it began.");
  try {
    const how = { defaultSeconds: defaultMaxSeconds };
    const { task: started, denied } = await startRun({ alias, ...run }, context, how);
    if (denied) return denialEntry(denied, hash);
    const bounded = await withHostLimits(alias, context);
    const task = await context.tasks.waitForTask(started.id);
    const entry = task && isSettled(task) ? describeRun(task, hostCount, bounded) : undefined;
    return entry ?? neverRan(alias, hash, "Its task was cleared while it was waited for.");
  } catch (error) {
    if (error instanceof TaskError)
      return neverRan(alias, hash, sanitizeError(error.message, [alias]));
    throw error;
  }
}

function describeRun(
  task: SettledTask,
  hostCount: number,
  { tasks, clock, limits }: ToolContext,
): object | undefined {
  return fitOutput(
    { maxResultBytes: Math.floor(limits.maxResultBytes / hostCount) },
    (maxBytes) => tasks.summarizeOutput(task.id, maxBytes),
    (output) => ({
      alias: task.alias,
      task_id: task.id,
      hash: task.commandHash,
      ...outcomeFields(task, clock.now()),
      output: outputText(task, output),
      status: task.status,
      ...gapFields(output),
      ...evidenceFields(task),
    }),
  );
}

function denialEntry({ host, denial }: DeniedRun, hash: string): object {
  const { reason, detail, hint } = denial;
  const why = reason === "network" && detail !== undefined ? `network: ${detail}` : reason;
  return { alias: host.alias, hash, denied: true, reason: why, detail, hint };
}

function neverRan(alias: string, hash: string, output: string): object {
  const outcome = { exit_code: -1, duration_ms: 0, cancelled: false, timeout: false };
  return { alias, task_id: "", hash, ...outcome, target_ip: "", output };
}

/** In the order of the items. */
async function mapSideBySide<T>(
  items: readonly T[],
  work: (item: T) => Promise<object>,
): Promise<object[]> {
  const results: object[] = [];
  const next = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of next) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
  return results;
}
