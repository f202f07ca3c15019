import type { Duplex, Readable } from "node:stream";
import type { Event } from "../tasks/lifecycle";
import type { TaskError } from "../tasks/taskError";

/**
 * A command on a host: its standard input and output, its standard error apart. Emits `exit` with a code, or `null` and a
 * signal's name, where the host says so, and `close` at its end.
 */
export interface HostChannel extends Duplex {
  readonly stderr: Readable;
  /** Lets go of it; the host ends what is tied to it. */
  close(): void;
  /** Has the server signal the command (RFC 4254, section 6.9); nothing tells whether it did. */
  signal(name: string): void;
}

/** One connection to one host. It has an end, and whoever asks for a channel after that is told so. */
export interface HostConnection {
  /** Address the connection went to, "" where that is not known. */
  readonly hostAddress: string;
  /** Of all hops, for the network rules: see WayToHost. */
  readonly addresses: readonly string[];
  /** What the server calls itself (RFC 4253, section 4.2), "" when that is not known. */
  readonly serverVersion: string;
  readonly isOpen: boolean;
  /** Why it is gone, once it is. */
  readonly goneBecause: TaskError | undefined;
  /** Fires once, when the connection is gone, however that came; its channels close after that. */
  readonly onDidClose: Event<TaskError>;
  /** `openCommand` with `/bin/sh` reading a script from the channel. */
  openShell<T>(listen: (channel: HostChannel) => T): Promise<T>;
  /**
   * Opens a channel with a command on it. `listen` is called in the moment the channel opens, as what it would miss later
   * is lost; its result is what this resolves with. Rejects with a TaskError.
   */
  openCommand<T>(command: string, listen: (channel: HostChannel) => T): Promise<T>;
  /** Ends the connection; what runs on the host is not touched by that. */
  end(): void;
}
