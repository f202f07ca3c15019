import type { ControlChannel } from "./controlChannel";
import type { DurableChannel } from "./durableChannel";
import type { HostConnection } from "./hostConnection";

/** What a connection is wanted for. */
export interface LeaseRequest {
  readonly signal: AbortSignal;
  /** Whether something is to be started over it, and not only followed: then the network rules hold. */
  readonly starts: boolean;
}

/** A use of a connection; it must be released once. */
export interface Lease {
  readonly connection: HostConnection;
  release(): void;
  /**
   * The server opened no channel for it: releases it, and asks no more of a connection from now on than it had before.
   * @returns whether another lease may fare better, as the connection has served others.
   */
  refuse(): boolean;
  /** The connection's channel for requests about tasks, opened where there is none. Rejects with a TaskError. */
  control(): Promise<ControlChannel>;
  /** Its channel for durable tasks, likewise. */
  durable(): Promise<DurableChannel>;
}
