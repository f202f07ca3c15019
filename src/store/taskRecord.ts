import type { CancelReceipt, CancelRequest, Requester } from "../tasks/cancelReceipt";
import type { LeftProcess, RemoteProcess, SentSignal } from "../tasks/remoteHost";
import type { FailedTask, Task, TaskStatus } from "../tasks/task";
import { TaskError, taskErrorCodes } from "../tasks/taskError";
import type { StoredTask } from "../tasks/taskStore";
import {
  amount,
  count,
  fieldsOf,
  flag,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
  wrong,
  type Check,
} from "./checks";

/** A task and its process, as they are kept in one file. */
export type TaskRecord = Omit<StoredTask, "output">;

/** As the JSON that `parseTaskRecord` reads. An error keeps its code and its message, and no cause. */
export function formatTaskRecord({ task, process }: TaskRecord): string {
  const error = "error" in task ? task.error : undefined;
  const kept = error && {
    code: error instanceof TaskError ? error.code : undefined,
    message: error.message,
  };
  return `${JSON.stringify({ task: kept ? { ...task, error: kept } : task, process })}\n`;
}

/** Fields that are not known are left out. @throws Error that says which field is not as it should be. */
export function parseTaskRecord(json: string): TaskRecord {
  const record = fieldsOf(JSON.parse(json), "record");
  const task = checkTask(record.get("task"), "task");
  const process = optional(checkProcess)(record.get("process"), "process");
  return process ? { task, process } : { task };
}

/** Whether it is one that tasks have; no other ever becomes a part of a path. */
export function isTaskId(id: string): boolean {
  return /^[A-Za-z0-9:_-]{1,200}$/.test(id);
}

export const taskId: Check<string> = (value, path) => {
  if (!isTaskId(text(value, path))) throw wrong(path, "a task id");
  return text(value, path);
};

/** The requesters that have a name; each one of them has to be here. */
const requesters: Readonly<Record<Exclude<Requester, `agent:${string}`>, true>> = {
  tree: true,
  webview: true,
  palette: true,
  terminal: true,
  deadline: true,
  shutdown: true,
  connection: true,
};

const requester: Check<Requester> = (value, path) => {
  const name = text(value, path);
  if (!name.startsWith("agent:") && !Object.hasOwn(requesters, name))
    throw wrong(path, "a requester");
  return name as Requester;
};

export const leftProcessChecks = { pid: count, user: text, command: text };
const leftProcess = object<LeftProcess>(leftProcessChecks);

const sentSignal = object<SentSignal>({
  signal: oneOf("TERM", "CONT", "STOP", "KILL"),
  count,
  at: amount,
});

export const receipt = object<CancelReceipt>({
  requestedBy: requester,
  reason: text,
  requestedAt: amount,
  processesFound: count,
  signals: list(sentSignal),
  verified: flag,
  verifiedBy: oneOf("processes"),
  goneAt: optional(amount),
  durationMs: amount,
  left: list(leftProcess),
  mayRemain: list(text),
  unverifiedBecause: optional(text),
});

/** Nothing is shown as cancelled that wasn't verified. */
const verifiedReceipt: Check<CancelReceipt> = (value, path) => {
  const checked = receipt(value, path);
  if (!checked.verified) throw wrong(path, "verified");
  return checked;
};

const cancelChecks = {
  requestedBy: requester,
  reason: text,
  graceSeconds: optional(amount),
  force: optional(flag),
};
export const cancelRequest = object<CancelRequest>(cancelChecks);
const cancel = object<CancelRequest & { readonly requestedAt: number }>({
  ...cancelChecks,
  requestedAt: amount,
});

const error: Check<Error> = (value, path) => {
  const fields = fieldsOf(value, path);
  const message = text(fields.get("message"), `${path}.message`);
  // A code of another version tells this one nothing, its sentence still does.
  const code = taskErrorCodes.find((known) => known === fields.get("code"));
  return code ? new TaskError(code, message) : new Error(message);
};

const facts = {
  id: taskId,
  alias: text,
  command: text,
  commandHash: text,
  startedBy: text,
  createdAt: amount,
  maxSeconds: amount,
  durable: flag,
  merge: flag,
};
const onHost = {
  startedAt: optional(amount),
  hostAddress: text,
  attachedBecause: optional(text),
};
const ended = {
  ...facts,
  ...onHost,
  endedAt: amount,
  receipt: optional(receipt),
  leftRunning: optional(count),
};

type TaskIn<S extends TaskStatus> = Extract<Task, { readonly status: S }>;

const states: { readonly [S in TaskStatus]: Check<TaskIn<S>> } = {
  pending: object<TaskIn<"pending">>({ ...facts, status: oneOf("pending") }),
  running: object<TaskIn<"running">>({
    ...facts,
    ...onHost,
    status: oneOf("running"),
    startedAt: amount,
    reconnecting: optional(oneOf(true)),
  }),
  cancelling: object<TaskIn<"cancelling">>({
    ...facts,
    ...onHost,
    status: oneOf("cancelling"),
    cancel,
    receipt: optional(receipt),
  }),
  lost: object<TaskIn<"lost">>({
    ...facts,
    ...onHost,
    status: oneOf("lost"),
    lostAt: amount,
    cancel: optional(cancel),
    receipt: optional(receipt),
    error: optional(error),
  }),
  completed: object<TaskIn<"completed">>({
    ...ended,
    status: oneOf("completed"),
    exitCode: oneOf(0),
  }),
  failed: object<FailedTask>({
    ...ended,
    status: oneOf("failed"),
    exitCode: integer,
    signal: optional(text),
    timeout: flag,
    error: optional(error),
  }),
  cancelled: object<TaskIn<"cancelled">>({
    ...ended,
    status: oneOf("cancelled"),
    receipt: verifiedReceipt,
  }),
};

const checkTask: Check<Task> = (value, path) => {
  const status = text(fieldsOf(value, path).get("status"), `${path}.status`);
  for (const [name, check] of Object.entries<Check<Task>>(states))
    if (name === status) return check(value, path);
  throw wrong(`${path}.status`, "the state of a task");
};

const checkProcess = object<RemoteProcess>({
  pid: count,
  startTime: text,
  bootId: text,
  hostAddress: text,
  supervisor: text,
  reaper: text,
  durable: flag,
  attachedBecause: optional(text),
});
