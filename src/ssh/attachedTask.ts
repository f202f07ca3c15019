import { randomBytes } from "node:crypto";
import type { ClientChannel } from "ssh2";
import { systemClock, within } from "../tasks/clock";
import type {
  CancelClimb,
  CancelReport,
  Launch,
  OutputStream,
  RemoteEnd,
  RemoteProcess,
  RemoteTask,
} from "../tasks/remoteHost";
import type { Limits } from "../tasks/limits";
import { asError, TaskError } from "../tasks/taskError";
import { CancelChannel } from "./cancelChannel";
import type { ConnectionPool, Lease } from "./connectionPool";
import { FrameReader } from "./frameReader";
import { attachedScript, type CancelTarget } from "./remoteScripts";
import type { SshConnection } from "./sshConnection";
import { connectionLost, hostSilent, shellFailed } from "./sshErrors";

/** Output that the main process wrote before its end has this long to arrive on both streams. */
const drainMs = 200;
/** A cancel that comes between the launch and its report waits this long to learn what was launched. */
const launchMs = 3000;
/** A cancel of a task on a host that can't be reached must have said so within 10 s. */
const connectSeconds = 5;
/** A channel of an open connection that says nothing for so long is taken for stuck. */
const stuckSeconds = 4;
/** What a login shell with slow rc files may take on a new connection; the cancel's answer doesn't wait for it. */
const slowShellSeconds = 20;

/** A task tied to its channel: `remote/attached.sh` runs it, and ends it when the channel ends. */
export class AttachedTask implements RemoteTask {
  readonly started: Promise<RemoteProcess | undefined>;
  readonly ended: Promise<RemoteEnd>;
  private resolveStarted: (process: RemoteProcess | undefined) => void = () => undefined;
  private resolveEnded: (end: RemoteEnd) => void = () => undefined;
  private readonly connecting = new AbortController();
  private readonly nonce = randomBytes(16).toString("hex");
  private scriptSent = false;
  private launchTimer: NodeJS.Timeout | undefined;
  private process: RemoteProcess | undefined;
  private end: RemoteEnd | undefined;
  private lease: Lease | undefined;
  private channel: ClientChannel | undefined;
  private readonly endedStreams = new Set<OutputStream>();

  constructor(
    private readonly at: { readonly alias: string; readonly limits: Pick<Limits, "launchSeconds"> },
    private readonly pool: Promise<ConnectionPool>,
    private readonly launch: Launch,
  ) {
    this.started = new Promise((resolve) => (this.resolveStarted = resolve));
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.run().catch((error: unknown) => this.finish({ kind: "neverRan", error: asError(error) }));
  }

  async cancel(climb: CancelClimb): Promise<CancelReport> {
    if (!this.scriptSent) {
      this.finish({ kind: "neverRan" });
      return neverRan;
    }
    const process = this.process ?? (await within(systemClock, launchMs, this.started));
    if (this.end?.kind === "neverRan") return neverRan;
    const report = await this.climb(climb, process);
    // Without a main process seen, an empty scan may have come before the launch: even when the connection is gone, the
    // script may still be on its way.
    if (process) return report;
    if (report.processesFound > 0) return { ...report, mainProcessFound: undefined };
    return {
      ...report,
      gone: false,
      reason: "It was being launched, and the host has not said more.",
    };
  }

  release(): void {
    this.connecting.abort();
    this.channel?.close();
    this.lease?.release();
  }

  private async run(): Promise<void> {
    const pool = await this.pool;
    for (;;) {
      const lease = await pool.leaseForTask(this.connecting.signal);
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

  private listen(channel: ClientChannel, connection: SshConnection): void {
    // Cancelled meanwhile: a shell that is sent nothing has run nothing.
    if (this.end) {
      channel.close();
      return;
    }
    this.channel = channel;
    const stdout = this.reader("stdout", (words) => this.onBegin(words, connection.hostAddress));
    const stderr = this.reader("stderr", () => undefined);
    channel.on("data", (bytes: Buffer) => stdout.push(bytes));
    channel.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
    channel.on("close", () =>
      this.finish(this.endWithoutReport(connection, stdout.noise + stderr.noise)),
    );
    this.scriptSent = true;
    this.launchTimer = setTimeout(
      () => this.onLaunchSilence(),
      this.at.limits.launchSeconds * 1000,
    );
    channel.write(attachedScript(this.nonce, this.launch.taskId, this.launch.command));
  }

  private reader(stream: OutputStream, onBegin: (words: readonly string[]) => void) {
    return new FrameReader(this.nonce, {
      onBegin,
      onBytes: (bytes) => this.launch.onOutput(stream, bytes),
      onEnd: ([code]) => {
        this.endedStreams.add(stream);
        const end: RemoteEnd = { kind: "exited", exitCode: Number(code) };
        if (this.endedStreams.size === 2) this.finish(end);
        else setTimeout(() => this.finish(end), drainMs);
      },
    });
  }

  private onBegin(
    [pid, startTime = "", bootId = ""]: readonly string[],
    hostAddress: string,
  ): void {
    clearTimeout(this.launchTimer);
    this.process = { pid: Number(pid), startTime, bootId, hostAddress };
    this.resolveStarted(this.process);
  }

  /** Whether the command runs nobody knows: that the channel ends keeps a script that comes late from running on. */
  private onLaunchSilence(): void {
    const { alias, limits } = this.at;
    this.finish({
      kind: "unseen",
      error: hostSilent(alias, "start the command", limits.launchSeconds),
    });
  }

  /** The channel closed and nobody said how the command ended: the link is gone, or the shell was none or was killed. */
  private endWithoutReport(connection: SshConnection, noise: string): RemoteEnd {
    if (this.process || !connection.isOpen) {
      return { kind: "unseen", error: connection.goneBecause ?? connectionLost(this.at.alias) };
    }
    return { kind: "neverRan", error: shellFailed(this.at.alias, noise.trim()) };
  }

  private async climb(
    climb: CancelClimb,
    process: RemoteProcess | undefined,
  ): Promise<CancelReport> {
    const target = {
      taskId: this.launch.taskId,
      leader: process ? `${process.pid}:${process.startTime}` : "",
      bootId: process?.bootId ?? "",
    };
    const pool = await this.pool;
    // A connection that is stuck says nothing of the host: a new one may do.
    let unanswered: CancelReport | undefined;
    if (pool.hasOpenConnection) {
      const shared = new CancelChannel(this.at.alias, climb, stuckSeconds);
      try {
        const report = await this.climbOver(shared, pool.leaseForCancel({ fresh: false }), target);
        if (shared.begun) return report;
        unanswered = report;
      } catch {
        // Not asked: the connection is as good as gone, and the next lines say what that of a new one is worth.
      }
    }
    const fresh = new CancelChannel(this.at.alias, climb, slowShellSeconds);
    try {
      const report = await this.climbOver(fresh, pool.leaseForCancel({ fresh: true }), target);
      // What was asked first may have signalled what the second did not find any more.
      return unanswered && !report.mainProcessFound
        ? { ...report, mainProcessFound: undefined }
        : report;
    } catch (error) {
      if (unanswered) return unanswered;
      throw error;
    }
  }

  private async climbOver(
    channel: CancelChannel,
    leasing: Promise<Lease>,
    target: CancelTarget,
  ): Promise<CancelReport> {
    const lease = await within(systemClock, connectSeconds * 1000, leasing);
    if (!lease) {
      void leasing.then(
        (late) => late.release(),
        () => undefined,
      );
      throw hostSilent(this.at.alias, "accept a connection for the cancel", connectSeconds);
    }
    try {
      return await channel.run(lease.connection, target);
    } finally {
      lease.release();
    }
  }

  private finish(end: RemoteEnd): void {
    if (this.end) return;
    this.end = end;
    clearTimeout(this.launchTimer);
    this.resolveStarted(this.process);
    this.resolveEnded(end);
    this.release();
  }
}

const neverRan: CancelReport = {
  neverRan: true,
  mainProcessFound: false,
  processesFound: 0,
  signals: [],
  gone: true,
  left: [],
};
