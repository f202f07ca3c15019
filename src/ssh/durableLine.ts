import type { OutputCursor } from "../tasks/outputLog";
import { TaskError } from "../tasks/taskError";
import type { ConnectionPool } from "./connectionPool";
import type { Lease, LeaseRequest } from "./lease";
import type { DurableEvents } from "./durableFrames";
import { SpooledChannel } from "./spooledChannel";

/** Who follows a task over a channel. */
export interface Follower extends DurableEvents {
  /** The channel is gone, and the task runs on. */
  onLost(error: TaskError): void;
}

export interface DurableStart {
  readonly taskId: string;
  readonly command: string;
  /** After which the host ends it; 0 is no limit. */
  readonly seconds: number;
  /** Both streams in one, in the order they were written. */
  readonly merge: boolean;
}

/** A line to a host over which a durable task is started and followed. */
export interface DurableLine {
  /** Starts the task where it has not been started, and follows it from its beginning on. */
  start(task: DurableStart, follower: Follower): void;
  /** Follows the task from these offsets on. */
  follow(taskId: string, from: OutputCursor, follower: Follower): void;
  /** The task runs on. */
  unfollow(taskId: string): void;
}

export interface LeasedLine {
  readonly line: DurableLine;
  readonly lease: Lease;
}

/**
 * A line that all tasks of the connection share; where the host has no perl for that, one of the task's own. Rejects with a
 * TaskError, with the code `notDurable` when the host has neither.
 */
export async function leaseLine(
  alias: string,
  pool: ConnectionPool,
  request: LeaseRequest,
): Promise<LeasedLine> {
  const lease = await pool.leaseForDurable(request);
  try {
    return { line: await lease.durable(), lease };
  } catch (error) {
    lease.release();
    if (error instanceof TaskError && error.code === "perlMissing")
      return leaseOwn(alias, pool, request);
    throw error;
  }
}

async function leaseOwn(
  alias: string,
  pool: ConnectionPool,
  request: LeaseRequest,
): Promise<LeasedLine> {
  for (;;) {
    const lease = await pool.leaseForTask(request);
    try {
      return { line: await SpooledChannel.open(alias, lease.connection), lease };
    } catch (error) {
      const refused = error instanceof TaskError && error.code === "channelRefused";
      if (refused && lease.refuse()) continue;
      lease.release();
      throw error;
    }
  }
}
