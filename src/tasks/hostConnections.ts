import type { Event } from "./lifecycle";
import type { TaskErrorCode } from "./taskError";

/** The last attempt to connect to a host has failed. */
export interface ConnectFailure {
  readonly code: TaskErrorCode;
  /** The sentence, which ends with what to do next. */
  readonly message: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What was last seen of a host by this window; nobody asks hosts in the background whether they are there. */
export type HostStatus =
  /** `reachedAt` is when a connection was last open, in ms since the Unix epoch; absent when none ever was. */
  | { readonly state: "notConnected"; readonly reachedAt?: number }
  | { readonly state: "connecting" }
  | {
      readonly state: "connected";
      readonly connections: number;
      /** Of the attempt to open one more. */
      readonly failure?: ConnectFailure;
    }
  | { readonly state: "failed"; readonly failure: ConnectFailure };

/** The steps to a shell on a host, in their order. A transport that can't tell some of them apart leaves those out. */
export const connectSteps = ["resolve", "connect", "hostKey", "signIn", "shell"] as const;
export type ConnectStep = (typeof connectSteps)[number];

/** A step begins, or has been passed. */
export type StepReport = {
  /** The alias of the host, or of the jump host on the way there. */
  readonly host: string;
  readonly step: ConnectStep;
} & (
  | { readonly state: "begun" }
  /** `detail` is what was found: addresses, a fingerprint, a method. It may be "". */
  | { readonly state: "passed"; readonly detail: string; readonly ms: number }
);
export type PassedStep = Omit<StepReport & { readonly state: "passed" }, "state">;

export interface TestOptions {
  readonly onStep: (report: StepReport) => void;
  /** Ends the test; what it has opened is closed. */
  readonly signal: AbortSignal;
}

/** How a connection test went. */
export interface ConnectionTest {
  readonly alias: string;
  readonly passed: readonly PassedStep[];
  readonly ms: number;
  /** Absent when all went well; `step` is the one that failed, where it is known. */
  readonly failure?: ConnectFailure & {
    readonly step?: { readonly host: string; readonly step: ConnectStep };
  };
}

/** The connections to hosts, as a person looks at them. */
export interface HostConnections {
  status(alias: string): HostStatus;
  /** Fires with the alias of a host whose status is another one. */
  readonly onDidChangeStatus: Event<string>;
  /**
   * Goes all the way to a shell over a connection of its own, which may ask the person as any sign-in does. Resolves also
   * when a step fails; rejects with a TaskError when there is no such host, and with the signal's reason when that is aborted.
   */
  testConnection(alias: string, options: TestOptions): Promise<ConnectionTest>;
  /** Closes the connections that nothing uses; the others are closed as soon as nothing uses them any more. */
  disconnect(alias: string): void;
  /** What to type into a terminal to log in to the host. Rejects with a TaskError when there is no such host. */
  loginCommand(alias: string): Promise<string>;
}
