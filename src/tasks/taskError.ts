/** Every way in which a request can fail for a reason that is not the command's own. */
export const taskErrorCodes = [
  "invalidRequest",
  "hostNotFound",
  "tooManyTasks",
  "limitExceeded",
  "policyInvalid",
  "addressDenied",
  "configUnreadable",
  "hostKeyUnknown",
  "hostKeyChanged",
  "hostKeyRevoked",
  "hostNameNotResolved",
  "connectionRefused",
  "connectionTimeout",
  "networkUnreachable",
  "connectionDropped",
  "connectionLost",
  "handshakeFailed",
  "noCommonAlgorithm",
  "signInFailed",
  "signInGivenUp",
  "signInAwaited",
  "sshMissing",
  "channelRefused",
  "processesHidden",
  "shellFailed",
  "hostSilent",
  "notDurable",
  "perlMissing",
  "hostExhausted",
  "taskLost",
  "shuttingDown",
  "journalNewer",
  "windowGone",
  "windowSilent",
] as const;
export type TaskErrorCode = (typeof taskErrorCodes)[number];

/** A failure with a code for programs and a sentence for people that ends with what to do next. */
export class TaskError extends Error {
  override readonly name = "TaskError";

  constructor(
    readonly code: TaskErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

export function invalidRequest(message: string): TaskError {
  return new TaskError("invalidRequest", message);
}

export function hostNotFound(alias: string): TaskError {
  return new TaskError("hostNotFound", `Host alias not found: ${alias}`);
}

export function tooManyTasks(limit: number): TaskError {
  return new TaskError(
    "tooManyTasks",
    `Too many tasks are waiting (limit ${limit}). Wait for some to end, or cancel some, and start it again.`,
  );
}

/** `bound` is in seconds. */
export function limitExceeded(alias: string, bound: number): TaskError {
  return new TaskError(
    "limitExceeded",
    `The policy allows a task on ${alias} to take ${bound} s at the most. Start it with max_seconds from 1 to ${bound}.`,
  );
}

/** `why` names the place and the fault, as a sentence. */
export function policyInvalid(why: string): TaskError {
  return new TaskError(
    "policyInvalid",
    `The policy can't be used, so nothing is started: ${why} Correct it and start the task again.`,
  );
}

/** `why` names the address or says that there is none. */
export function addressDenied(alias: string, why: string): TaskError {
  return new TaskError(
    "addressDenied",
    `The policy allows no connection to ${alias}: ${why}. Only the network rules of the policy can allow it.`,
  );
}

export function shuttingDown(): TaskError {
  return new TaskError(
    "shuttingDown",
    "SSH Tasks is shutting down and starts nothing new. Start it again once the window is back.",
  );
}

/** Another window, which has the task, has ended; the task is somebody else's within seconds. */
export function windowGone(): TaskError {
  return new TaskError(
    "windowGone",
    "The window that had this task has just been closed. Try again in some seconds, when another one has it.",
  );
}

/** `pid` is of the process of that window on this machine. */
export function windowSilent(pid: number): TaskError {
  return new TaskError(
    "windowSilent",
    `The window that has this task (process ${pid} on this machine) does not answer, so the task may still run. Wait for that window, or end its process: another window takes the task over then, and can cancel it.`,
  );
}

export function journalNewer(folder: string): TaskError {
  return new TaskError(
    "journalNewer",
    `The task journal in ${folder} is of a newer version of SSH Tasks and was left as it is. Update SSH Tasks, or move that folder away to begin a new journal, and reload the window.`,
  );
}

/** Any thrown value as an Error, for those places that can't choose what they catch. */
export function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
