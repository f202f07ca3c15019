import type { ControlChannel } from "./controlChannel";
import type { DurableChannel } from "./durableChannel";
import { SharedChannel } from "./sharedChannel";
import type { HostConnection } from "./hostConnection";

/** Opens the channels that are shared by all tasks of a connection. Reject with a TaskError. */
export interface OpenShared {
  readonly control: (connection: HostConnection) => Promise<ControlChannel>;
  readonly durable: (connection: HostConnection) => Promise<DurableChannel>;
}

/** A connection of a pool, open or being opened, and who uses it. */
export interface Member {
  readonly opening: Promise<HostConnection>;
  /** Nobody has asked for it to be opened at that moment. */
  readonly isUnasked: boolean;
  /** By performance.now(). */
  readonly since: number;
  connection?: HostConnection;
  readonly control: SharedChannel<ControlChannel>;
  readonly durable: SharedChannel<DurableChannel>;
  /** Uses of it: by attached tasks, by cancels, by durable tasks. */
  tasks: number;
  controls: number;
  durables: number;
  /** Ever made. */
  leases: number;
  idle?: NodeJS.Timeout;
  /** It is closed as soon as nobody uses it. */
  closing?: true;
}

/** One that nobody uses yet. */
export function createMember(
  opening: Promise<HostConnection>,
  open: OpenShared,
  isUnasked = false,
): Member {
  return {
    opening,
    isUnasked,
    since: performance.now(),
    control: new SharedChannel(async () => open.control(await opening)),
    durable: new SharedChannel(async () => open.durable(await opening)),
    ...{ tasks: 0, controls: 0, durables: 0, leases: 0 },
  };
}

/** A control channel is worth more than a quiet connection without one. */
export function load({ tasks, controls, control }: Member): number {
  return tasks + controls - (control.exists ? 1000 : 0);
}
