import type { CancelReceipt, CancelRequest } from "./cancelReceipt";

/** What is known of a task from its acceptance on. */
export interface TaskFacts {
  readonly id: string;
  readonly alias: string;
  readonly command: string;
  readonly commandHash: string;
  /** `agent:<client>` or the door of the UI it was started from. */
  readonly startedBy: string;
  /** Milliseconds since the Unix epoch, as all times here. */
  readonly createdAt: number;
  /** Wall time it may take, in seconds since its creation; 0 is no limit. */
  readonly maxSeconds: number;
  /** Whether it is to outlive the connection and the window. */
  readonly durable: boolean;
  /** Both output streams in one, in the order they were written. */
  readonly merge: boolean;
}

/** What is known once the command was seen running. */
export interface OnHost {
  readonly startedAt?: number;
  /** Address the connection went to, "" before there was one. */
  readonly hostAddress: string;
  /** Why it does not outlive its connection, as a sentence, when it was to. */
  readonly attachedBecause?: string;
}

interface Ended extends OnHost {
  readonly endedAt: number;
  /** Of the cancel that ended it or came too late to, or of the end of what it left running. */
  readonly receipt?: CancelReceipt;
  /** Processes that it left on its host; absent where nobody could count them. */
  readonly leftRunning?: number;
}

/** Accepted, and not yet seen running on the host. */
export type PendingTask = TaskFacts & { readonly status: "pending" };

export type RunningTask = TaskFacts &
  OnHost & {
    readonly status: "running";
    readonly startedAt: number;
    /** It runs on without a link to its host; its output comes once there is one again. */
    readonly reconnecting?: true;
  };

/** A cancel is under way; `receipt` is that of the last attempt, when it could not be verified. */
export type CancellingTask = TaskFacts &
  OnHost & {
    readonly status: "cancelling";
    readonly cancel: CancelRequest & { readonly requestedAt: number };
    readonly receipt?: CancelReceipt;
  };

/** Its end was not seen, and it may still be running on its host. */
export type LostTask = TaskFacts &
  OnHost & {
    readonly status: "lost";
    readonly lostAt: number;
    /** The cancel that could not be verified, and what it saw; absent when nobody has asked for one. */
    readonly cancel?: CancelRequest & { readonly requestedAt: number };
    readonly receipt?: CancelReceipt;
    /** Why its end was not seen, when that was not a cancel. */
    readonly error?: Error;
  };

export type CompletedTask = TaskFacts &
  Ended & { readonly status: "completed"; readonly exitCode: 0 };

export type FailedTask = TaskFacts &
  Ended & {
    readonly status: "failed";
    /** The command's own; -1 when it has none (never ran, deadline, lost connection, death by signal). */
    readonly exitCode: number;
    readonly signal?: string;
    /** Ended by its deadline. */
    readonly timeout: boolean;
    /** What went wrong, when it was not the command itself. */
    readonly error?: Error;
  };

/** Nothing of it is running: `receipt.verified` is true. */
export type CancelledTask = TaskFacts &
  Ended & { readonly status: "cancelled"; readonly receipt: CancelReceipt };

export type EndedTask = CompletedTask | FailedTask | CancelledTask;
export type LiveTask = PendingTask | RunningTask | CancellingTask | LostTask;

/** A snapshot of one command on one host; a later state is another object. */
export type Task = LiveTask | EndedTask;
export type TaskStatus = Task["status"];

/** Every legal move. An ended state never changes; what is known of it may, when what the task left running is ended. */
const moves: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  pending: ["running", "cancelling", "failed", "lost"],
  running: ["running", "cancelling", "completed", "failed", "lost"],
  cancelling: ["cancelling", "cancelled", "completed", "failed", "lost"],
  lost: ["cancelling"],
  completed: ["completed"],
  failed: ["failed"],
  cancelled: [],
};

export function mayMove(from: TaskStatus, to: TaskStatus): boolean {
  return moves[from].includes(to);
}

export function isEnded(task: Task): task is EndedTask {
  return task.status === "completed" || task.status === "failed" || task.status === "cancelled";
}

/** A task nobody needs to wait for any more. */
export type SettledTask = EndedTask | LostTask;

export function isSettled(task: Task): task is SettledTask {
  return isEnded(task) || task.status === "lost";
}

/** Whether a cancel would still do something; true again for a `lost` task, which may be tried anew. */
export function isCancellable(task: Task): task is LiveTask {
  return !isEnded(task);
}

/** Whether it goes on when the connection or the window does not. */
export function isDurable(task: Task): boolean {
  return task.durable && !("attachedBecause" in task && task.attachedBecause !== undefined);
}

/** How many processes it has left on its host, as far as they could be counted. */
export function leftRunning(task: Task): number {
  return ("leftRunning" in task && task.leftRunning) || 0;
}

/** Milliseconds from its creation to its end, or to `now` while it lives. */
export function elapsedMs(task: Task, now: number): number {
  return Math.max(0, (isEnded(task) ? task.endedAt : now) - task.createdAt);
}
