import { isEnded, type Task } from "../../tasks/task";
import { hostNotFound, TaskError } from "../../tasks/taskError";
import { checkAlias, checkTaskId } from "../../tasks/taskRequest";
import type { HostInfo } from "../../tasks/remoteHost";
import type { ToolContext } from "../defineTool";
import { withHostLimits } from "../hostLimits";
import { sanitizeError } from "../sanitizeError";
import { evidenceFields, fitOutput, gapFields, outcomeFields, outputText } from "../taskFields";

export type ResourceContext = Pick<ToolContext, "tasks" | "catalog" | "clock" | "limits" | "gate">;

/** The JSON of a resource; undefined for a URI that none has. A failure is an `error` in it, as clients know it. */
export async function readResource(
  uri: string,
  context: ResourceContext,
): Promise<object | undefined> {
  const path = /^ssh:\/\/([^?#]+)$/.exec(uri)?.[1]?.split("/") ?? [];
  try {
    return await read(path, context);
  } catch (error) {
    if (error instanceof TaskError) return { error: sanitizeError(error.message, path) };
    throw error;
  }
}

function read(
  [kind, id = "", part]: readonly string[],
  context: ResourceContext,
): Promise<object | undefined> | object | undefined {
  if (kind === "hosts" && id === "") return describeHosts(context);
  if (kind === "host" && id !== "") return readHost(id, part, context);
  if (kind === "task" && id !== "") return readTask(id, part, context);
  return undefined;
}

async function describeHosts({ catalog }: ResourceContext): Promise<object> {
  const hosts = (await catalog.listHosts()).map(hostFields);
  return { count: hosts.length, hosts };
}

async function readHost(
  id: string,
  part: string | undefined,
  context: ResourceContext,
): Promise<object | undefined> {
  if (part !== undefined && part !== "tags" && part !== "capabilities") return undefined;
  const alias = checkAlias(id);
  const host = await context.catalog.findHost(alias);
  if (!host) throw hostNotFound(alias);
  if (part === undefined) return hostFields(host);
  if (part === "tags") return { alias, tags: host.tags };
  const capabilities = await context.gate.capabilities(host);
  return { alias, tags: host.tags, ...capabilities, features: featureFields };
}

const featureFields = { supports_async: true, supports_cancellation: true };

/** Nothing of how one signs in there. */
function hostFields({ alias, hostName, port, tags, description }: HostInfo): object {
  return { alias, host: hostName, port, tags, description, has_credentials_ref: false };
}

async function readTask(
  id: string,
  part: string | undefined,
  context: ResourceContext,
): Promise<object | undefined> {
  const taskId = checkTaskId(id);
  if (part !== undefined && part !== "output") return undefined;
  const task = context.tasks.getTask(taskId);
  if (!task) return { error: `Task not found: ${taskId}` };
  if (part === undefined) return taskResource(task, context);
  return outputResource(task, await withHostLimits(task.alias, context));
}

function taskResource(task: Task, { tasks, clock }: ResourceContext): object {
  const now = clock.now();
  return {
    task_id: task.id,
    status: task.status,
    alias: task.alias,
    command: task.command,
    hash: task.commandHash,
    started_by: task.startedBy,
    created_at: new Date(task.createdAt).toISOString(),
    max_seconds: task.maxSeconds,
    keepAlive: tasks.keepSeconds(task),
    ...(isEnded(task) && outcomeFields(task, now)),
    ...evidenceFields(task),
  };
}

function outputResource(task: Task, { tasks, limits }: ResourceContext): object | undefined {
  return fitOutput(
    limits,
    (maxBytes) => tasks.summarizeOutput(task.id, maxBytes),
    (output) => ({
      task_id: task.id,
      status: task.status,
      output: outputText(task, output),
      ...gapFields(output),
    }),
  );
}
