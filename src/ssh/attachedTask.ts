import { randomBytes } from "node:crypto";
import { systemClock, within } from "../tasks/clock";
import type { Limits } from "../tasks/limits";
import type {
  AttachedLaunch,
  CancelClimb,
  CancelReport,
  HostProcess,
  OutputStream,
  RemoteEnd,
  RemoteProcess,
  RemoteTask,
} from "../tasks/remoteHost";
import { asError, TaskError } from "../tasks/taskError";
import type { ConnectionPool } from "./connectionPool";
import type { Lease } from "./lease";
import { FrameReader } from "./frameReader";
import { processFrom, targetOf } from "./hostProcess";
import { neverRan } from "./neverRan";
import { attachedScript, endHeard, type TaskTarget } from "./remoteScripts";
import { SignalledTask } from "./signalledTask";
import { connectionLost, hostSilent, shellFailed } from "./sshErrors";
import { TaskControl } from "./taskControl";
import type { HostChannel, HostConnection } from "./hostConnection";

/** Output that the main process wrote before its end has this long to arrive on both streams. */
const drainMs = 200;
/** How long the host may take to forget a task that has ended. */
const goodbyeMs = 5000;

/** Where a task runs, and what its launch may take. */
export interface AttachedTaskHost {
  readonly alias: string;
  readonly limits: Pick<Limits, "launchSeconds">;
  readonly pool: Promise<ConnectionPool>;
}

/** A task tied to its channel: `remote/attached.sh` runs it, and ends it when the channel ends. */
export class AttachedTask implements RemoteTask {
  readonly started: Promise<RemoteProcess | undefined>;
  readonly ended: Promise<RemoteEnd>;
  private resolveStarted: (process: RemoteProcess | undefined) => void = () => undefined;
  private resolveEnded: (end: RemoteEnd) => void = () => undefined;
  private readonly connecting = new AbortController();
  private readonly nonce = randomBytes(16).toString("hex");
  private readonly control: TaskControl;
  private readonly endedStreams = new Set<OutputStream>();
  private scriptSent = false;
  private launchTimer: NodeJS.Timeout | undefined;
  private process: RemoteProcess | undefined;
  private end: RemoteEnd | undefined;
  /** Resolves once the cancels that were asked for so far are answered. */
  private asked: Promise<unknown> = Promise.resolve();
  private goodbye: Promise<void> | undefined;
  private lease: Lease | undefined;
  private channel: HostChannel | undefined;
  /** Takes over on a host that has no POSIX shell. */
  private signalled: SignalledTask | undefined;

  constructor(
    private readonly host: AttachedTaskHost,
    private readonly launch: AttachedLaunch,
  ) {
    this.control = new TaskControl(host.alias, host.pool);
    this.started = new Promise((resolve) => (this.resolveStarted = resolve));
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.run().catch((error: unknown) => this.finish({ kind: "neverRan", error: asError(error) }));
  }

  async cancel(climb: CancelClimb): Promise<CancelReport> {
    if (this.signalled) return this.signalled.cancel(climb);
    if (!this.scriptSent) this.finish({ kind: "neverRan" });
    if (this.end?.kind === "neverRan") return neverRan;
    const { target } = this;
    const asking = this.control.cancel(target, climb);
    this.asked = Promise.allSettled([this.asked, asking]);
    const report = await asking;
    if (report.neverRan) this.finish({ kind: "neverRan" });
    // Whether the main process was among those found can't be told when it has not said who it is.
    return target.leader === "" && report.processesFound > 0
      ? { ...report, mainProcessFound: undefined }
      : report;
  }

  listProcesses(): Promise<readonly HostProcess[]> {
    if (this.signalled) return this.signalled.listProcesses();
    return this.scriptSent ? this.control.list(this.target) : Promise.resolve([]);
  }

  forget(): void {
    // The host has forgotten it with its end.
  }

  release(): void {
    this.connecting.abort();
    this.signalled?.release();
    if (!this.goodbye) this.letGo();
  }

  /**
   * Tells the host that it may forget the task, once no cancel needs what it knows of it, and has its shell close the
   * channel: closed by us, the word might be lost.
   */
  private async sayGoodbye(channel: HostChannel): Promise<void> {
    await this.asked;
    if (!channel.writable) return;
    const closed = new Promise((resolve) => channel.once("close", resolve));
    channel.end(endHeard);
    await within(systemClock, goodbyeMs, closed);
  }

  /** An ended task may be kept for long: not with its connection. */
  private letGo(): void {
    this.channel?.close();
    this.lease?.release();
    this.channel = undefined;
    this.lease = undefined;
  }

  private get target(): TaskTarget {
    return targetOf(this.launch.taskId, this.process);
  }

  private async run(): Promise<void> {
    const pool = await this.host.pool;
    for (;;) {
      const lease = await pool.leaseForTask({ signal: this.connecting.signal, starts: true });
      this.lease = lease;
      await this.launch.admit();
      try {
        if (this.end) lease.release();
        else await lease.connection.openShell((channel) => this.listen(channel, lease.connection));
        return;
      } catch (error) {
        const refused = error instanceof TaskError && error.code === "channelRefused";
        if (!refused || !lease.refuse()) throw error;
      }
    }
  }

  private listen(channel: HostChannel, connection: HostConnection): void {
    // Cancelled meanwhile: a shell that is sent nothing has run nothing.
    if (this.end) {
      channel.close();
      return;
    }
    this.channel = channel;
    const { launchSeconds } = this.host.limits;
    const stdout = this.reader("stdout", (words) => this.onBegin(words, connection.hostAddress));
    const stderr = this.reader("stderr", () => undefined);
    const noise = (): string => (stdout.noise + stderr.noise).trim();
    channel.on("data", (bytes: Buffer) => stdout.push(bytes));
    channel.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
    channel.on("close", () => this.onClose(connection, noise()));
    this.scriptSent = true;
    this.launchTimer = setTimeout(() => this.onLaunchSilence(), launchSeconds * 1000);
    channel.write(attachedScript(this.nonce, this.launch.taskId, this.launch.command));
  }

  private reader(stream: OutputStream, onBegin: (words: readonly string[]) => void): FrameReader {
    const reader = new FrameReader(this.nonce, {
      onBegin,
      onBytes: (bytes) => this.launch.onOutput(stream, bytes),
      onEnd: (words) => {
        this.endedStreams.add(stream);
        const end = this.endFrom(words, reader.noise);
        if (this.endedStreams.size === 2) this.finish(end);
        else setTimeout(() => this.finish(end), drainMs);
      },
    });
    return reader;
  }

  private endFrom([code, left = ""]: readonly string[], noise: string): RemoteEnd {
    if (!this.process) {
      return { kind: "neverRan", error: shellFailed(this.host.alias, noise.trim()) };
    }
    const leftRunning = /^\d{1,6}$/.test(left) ? { leftRunning: Number(left) } : {};
    return { kind: "exited", exitCode: Number(code), ...leftRunning };
  }

  private onBegin(words: readonly string[], hostAddress: string): void {
    clearTimeout(this.launchTimer);
    this.process = processFrom(words, hostAddress);
    this.resolveStarted(this.process);
    void this.host.pool.then((pool) => pool.prepareControl());
  }

  /** Whether the command runs nobody knows: that the channel ends keeps a script that comes late from running on. */
  private onLaunchSilence(): void {
    const { alias, limits } = this.host;
    const error = hostSilent(alias, "start the command", limits.launchSeconds);
    this.finish({ kind: "unseen", error });
  }

  /** Nobody said how the command ended: the link is gone, or the shell was none or was killed. */
  private onClose(connection: HostConnection, noise: string): void {
    const { alias } = this.host;
    if (this.end) return;
    if (this.process || !connection.isOpen) {
      this.finish({ kind: "unseen", error: connection.goneBecause ?? connectionLost(alias) });
    } else if (isNoPosixHost(connection.serverVersion, noise)) {
      this.runSignalled(connection);
    } else {
      this.finish({ kind: "neverRan", error: shellFailed(alias, noise) });
    }
  }

  private runSignalled(connection: HostConnection): void {
    clearTimeout(this.launchTimer);
    this.signalled = new SignalledTask(this.host.alias, connection, this.launch);
    void this.signalled.started.then((process) => this.resolveStarted(process));
    void this.signalled.ended.then((end) => this.finish(end));
  }

  private finish(end: RemoteEnd): void {
    if (this.end) return;
    this.end = end;
    clearTimeout(this.launchTimer);
    if (end.kind === "exited" && this.channel) {
      this.goodbye = this.sayGoodbye(this.channel).finally(() => this.letGo());
    }
    this.resolveStarted(this.process);
    this.resolveEnded(end);
    this.release();
  }
}

/** Windows by its server's name, others by how their command line complains of a word it does not know. */
export function isNoPosixHost(serverVersion: string, noise: string): boolean {
  return /windows/i.test(serverVersion) || /\bexec\b/.test(noise);
}
