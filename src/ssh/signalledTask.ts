import { systemClock, within } from "../tasks/clock";
import type {
  AttachedLaunch,
  CancelClimb,
  CancelReport,
  HostProcess,
  RemoteEnd,
  RemoteProcess,
  RemoteTask,
  SentSignal,
} from "../tasks/remoteHost";
import { asError } from "../tasks/taskError";
import { processFrom } from "./hostProcess";
import { connectionLost, processesHidden } from "./sshErrors";
import type { HostChannel, HostConnection } from "./hostConnection";

/** What a command may take to end once it got KILL. */
const killedMs = 1000;

/**
 * A command on a host without a POSIX shell: run as the server runs it, cancelled by signals over its channel (RFC 4254,
 * section 6.9), which reach what the server likes. Nobody can look for what is left, so no cancel of it is verified.
 */
export class SignalledTask implements Omit<RemoteTask, "forget"> {
  readonly started: Promise<RemoteProcess | undefined>;
  readonly ended: Promise<RemoteEnd>;
  private resolveStarted: (process: RemoteProcess | undefined) => void = () => undefined;
  private resolveEnded: (end: RemoteEnd) => void = () => undefined;
  private channel: HostChannel | undefined;
  private signals: SentSignal[] = [];

  constructor(
    private readonly alias: string,
    private readonly connection: HostConnection,
    private readonly launch: AttachedLaunch,
  ) {
    this.started = new Promise((resolve) => (this.resolveStarted = resolve));
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    connection
      .openCommand(launch.command, (channel) => this.listen(channel))
      .catch((error: unknown) => this.finish({ kind: "neverRan", error: asError(error) }));
  }

  async cancel({ graceSeconds, force }: CancelClimb): Promise<CancelReport> {
    this.signals = [];
    this.send("TERM");
    const forced = new Promise<undefined>((resolve) => {
      if (force.aborted) resolve(undefined);
      else force.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    const grace = within(systemClock, graceSeconds * 1000, this.ended);
    let end = await Promise.race([grace, forced]);
    if (!end) {
      this.send("KILL");
      end = await within(systemClock, killedMs, this.ended);
    }
    const known = end ? "The command itself has ended" : "The command itself has not ended";
    return {
      neverRan: false,
      mainProcessFound: undefined,
      processesFound: 0,
      signals: this.signals,
      gone: false,
      left: [],
      mayRemain: [],
      final: true,
      reason: `${known}, but ${this.alias} has no POSIX shell, so what it started can't be looked for. Log in to it to look.`,
    };
  }

  listProcesses(): Promise<readonly HostProcess[]> {
    return Promise.reject(processesHidden(this.alias));
  }

  release(): void {
    this.channel?.close();
  }

  private listen(channel: HostChannel): void {
    this.channel = channel;
    let exit: { code: number | null; signal?: string } | undefined;
    channel.on("data", (bytes: Buffer) => this.launch.onOutput("stdout", bytes));
    channel.stderr.on("data", (bytes: Buffer) => this.launch.onOutput("stderr", bytes));
    channel.on("exit", (code: number | null, signal?: string) => {
      exit = { code, ...(signal !== undefined && { signal }) };
    });
    channel.on("close", () => this.finish(this.endOf(exit)));
    this.resolveStarted(processFrom(["0"], this.connection.hostAddress));
  }

  private endOf(exit: { code: number | null; signal?: string } | undefined): RemoteEnd {
    if (!exit) {
      return {
        kind: "unseen",
        error: this.connection.goneBecause ?? connectionLost(this.alias),
      };
    }
    const { code, signal } = exit;
    return { kind: "exited", exitCode: code ?? -1, ...(signal !== undefined && { signal }) };
  }

  /** ssh2 says nothing when it does not send one. */
  private send(signal: "TERM" | "KILL"): void {
    if (!this.channel?.writable) return;
    this.channel.signal(signal);
    this.signals.push({ signal, count: 1, at: Date.now() });
  }

  private finish(end: RemoteEnd): void {
    this.resolveStarted(undefined);
    this.resolveEnded(end);
    this.release();
  }
}
