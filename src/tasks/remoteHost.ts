/** What the core needs from outside to reach a host; `ssh/` makes it true, a test stands in for it. */

import type { Event } from "./lifecycle";

/** A machine the user can reach. */
export interface HostInfo {
  readonly alias: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly tags: readonly string[];
  readonly description: string;
}

export type TaggedHost = Pick<HostInfo, "alias" | "tags">;

/** The hosts on offer, read anew at each call so that an edited file counts at once. */
export interface HostCatalog {
  /** In the order of the configuration. Rejects with a TaskError when the configuration can't be read. */
  listHosts(): Promise<readonly HostInfo[]>;
  /** As its connection goes there, which may take a while: what the configuration says of it may be a command to run. */
  findHost(alias: string): Promise<HostInfo | undefined>;
  /** The same without the way there, and so without running anything. */
  findTags(alias: string): Promise<TaggedHost | undefined>;
}

export type OutputStream = "stdout" | "stderr";

/** Receives output in the order of its arrival; the bytes belong to the receiver. */
export type OutputSink = (stream: OutputStream, bytes: Buffer) => void;

/** Who hears of a task. */
export interface TaskSinks {
  readonly onOutput: OutputSink;
  /** Output up to the offset `to` is no longer kept on the host. */
  readonly onGap: (stream: OutputStream, to: number) => void;
  /** Whether a durable task is being followed: false from the loss of its link to the next one. */
  readonly onLink: (connected: boolean) => void;
}

/** What a task needs that ends with its connection. */
export type AttachedLaunch = Pick<Launch, "taskId" | "command" | "admit" | "onOutput">;

export interface Launch extends TaskSinks {
  readonly taskId: string;
  readonly command: string;
  /** To outlive the connection, where the host can do that; otherwise it runs attached. */
  readonly durable: boolean;
  /** Seconds after which the host of a durable task ends it where nobody else has; 0 is no limit. */
  readonly maxSeconds: number;
  /** Both streams in one, in the order they were written: of a durable task. */
  readonly merge: boolean;
  /**
   * To be asked once the host is ready to run the command; resolves when it may be sent, as there is a place among all
   * that run. So a host that can't be reached takes nobody's place.
   */
  readonly admit: () => Promise<void>;
}

/** A task that was started before, by this window or another. */
export interface Adoption extends TaskSinks {
  readonly taskId: string;
  /** Whether there is anything to follow: a durable task that has not ended. Otherwise it can be cancelled, and no more. */
  readonly follow: boolean;
  /** Undefined when its start was not heard of. */
  readonly process: RemoteProcess | undefined;
  /** What is known of its output already, in bytes. */
  readonly from: { readonly stdout: number; readonly stderr: number };
}

/** The main process of a task, as its host knows it. */
export interface RemoteProcess {
  readonly pid: number;
  /** Clock ticks since boot: with the pid it names one process for ever (proc(5), field 22 of /proc/pid/stat). */
  readonly startTime: string;
  readonly bootId: string;
  /** Address the connection really went to, "" when unknown. */
  readonly hostAddress: string;
  /** Pid of what waits for it, "" when not known. */
  readonly supervisor: string;
  /** `reaper` when that gets the orphans of the task too. */
  readonly reaper: string;
  /** Whether it outlives the connection. */
  readonly durable: boolean;
  /** Why it does not, as a sentence, where that was asked for. */
  readonly attachedBecause?: string;
}

/** How a remote task ended, as far as it was seen. */
export type RemoteEnd =
  | {
      readonly kind: "exited";
      readonly exitCode: number;
      readonly signal?: string;
      /** Processes that the main one left behind; absent where they can't be counted. */
      readonly leftRunning?: number;
      /** Its host has ended it as its time was up. */
      readonly timedOut?: true;
    }
  /** The command never ran on the host, and never will. */
  | { readonly kind: "neverRan"; readonly error?: Error }
  /** Nobody saw its end, and nothing of it can be there any more: its host was started anew. */
  | { readonly kind: "gone"; readonly error: Error }
  /** Nobody saw its end: the connection is gone. It may still be running. */
  | { readonly kind: "unseen"; readonly error: Error }
  /** Of a durable task: what waited for its end is gone. It may still be running, and nobody has asked for its end. */
  | { readonly kind: "lost"; readonly error: Error };

export interface RemoteTask {
  /** The main process once it runs; undefined when it never will. Never rejects. */
  readonly started: Promise<RemoteProcess | undefined>;
  /** Resolves exactly once and never rejects. */
  readonly ended: Promise<RemoteEnd>;
  /**
   * Climbs the cancel ladder on the host once: scan, TERM and CONT, grace, then STOP, rescan and KILL until clean.
   * Rejects with a TaskError when the host can't be reached or doesn't answer in time.
   */
  cancel(options: CancelClimb): Promise<CancelReport>;
  /**
   * Its live processes on the host, by pid; nothing is touched. Also those that an ended main process left behind.
   * Rejects with a TaskError when the host can't be reached or can't show them.
   */
  listProcesses(): Promise<readonly HostProcess[]>;
  /** Lets go of the connection. What runs on the host is not touched, so only for what has ended or can't be reached. */
  release(): void;
  /** Has the host forget a durable task that has ended, its output too, once it can be reached. */
  forget(): void;
}

export interface CancelClimb {
  readonly graceSeconds: number;
  /** Aborting it ends the grace at once. */
  readonly force: AbortSignal;
}

/** A live process of a task. */
export interface HostProcess extends LeftProcess {
  readonly parent: number;
  readonly ageSeconds: number;
}

/** A process that could not be ended. */
export interface LeftProcess {
  readonly pid: number;
  readonly user: string;
  /** At most 200 characters, control characters made visible. */
  readonly command: string;
}

export interface SentSignal {
  readonly signal: "TERM" | "CONT" | "STOP" | "KILL";
  /** To how many processes. */
  readonly count: number;
  /** Milliseconds since the Unix epoch, on our clock. */
  readonly at: number;
}

/** What one climb of the ladder saw and did. */
export interface CancelReport {
  /** True when the command never reached the host, so there was nothing to end. */
  readonly neverRan: boolean;
  /** Whether the main process was alive when the first signal was about to be sent; undefined when that is not known. */
  readonly mainProcessFound: boolean | undefined;
  readonly processesFound: number;
  readonly signals: readonly SentSignal[];
  /** True when the last scans on the host found nothing of the task. */
  readonly gone: boolean;
  readonly left: readonly LeftProcess[];
  /** Programs seen among them that start things through another daemon, which are not ours to see: `docker`, `sudo`. */
  readonly mayRemain: readonly string[];
  /** Of the main process, when it had ended by itself before this climb began. */
  readonly exitCode?: number;
  /** No other climb would see more than this one. */
  readonly final?: boolean;
  /** Why `gone` could not be established, when it was not for `left`. */
  readonly reason?: string;
}

export interface RemoteHost {
  /** Starts at once and never throws: what goes wrong is in the RemoteTask's `ended`. */
  start(launch: Launch): RemoteTask;
  /** Takes up a task again; never throws either. */
  adopt(adoption: Adoption): RemoteTask;
}

/** The way to each host. */
export interface RemoteHosts {
  host(alias: string): RemoteHost;
  /** Fires with the alias of a host to which a connection was opened. */
  readonly onDidConnect: Event<string>;
}
