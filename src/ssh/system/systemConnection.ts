import { execFile } from "node:child_process";
import { Emitter, type Event } from "../../tasks/lifecycle";
import type { Limits } from "../../tasks/limits";
import type { TaskError } from "../../tasks/taskError";
import type { SshHostConfig } from "../hostConfig";
import type { HostChannel, HostConnection } from "../hostConnection";
import { openChannel, type RequestChannel } from "../openChannel";
import { connectionLost } from "../sshErrors";
import { Master, type MasterParts } from "./master";
import { openProcessChannel } from "./openProcessChannel";
import type { ProcessChannel } from "./processChannel";
import { channelArguments, checkArguments } from "./sshArguments";

/** It asks a process on this machine. */
const checkMs = 5000;

export { RuntimeFolder } from "./runtimeFolder";

export interface SystemConnectParts extends MasterParts {
  readonly limits: MasterParts["limits"] & Pick<Limits, "channelSeconds">;
}

interface ShellOrCommand {
  readonly command: string;
  readonly isShell: boolean;
}

/**
 * A connection of the system's own ssh, for what ssh2 can't do: each channel is a process of ssh that shares it
 * (ssh_config(5), ControlMaster).
 */
export class SystemConnection implements HostConnection {
  readonly serverVersion = "";
  private gone: TaskError | undefined;
  private readonly closed: Emitter<TaskError>;
  private readonly channels = new Set<ProcessChannel>();

  private constructor(
    private readonly host: SshHostConfig,
    private readonly parts: SystemConnectParts,
    private readonly socket: string,
    private readonly master: Master | undefined,
  ) {
    const { logger } = parts;
    this.closed = new Emitter((error) => logger.error(`a listener failed: ${String(error)}`));
    void master?.ended.then((words) => this.onGone(lastLine(words)));
  }

  /** Opens a connection to the host, signed in. Rejects with a TaskError that says why it can't be. */
  static async open(host: SshHostConfig, parts: SystemConnectParts): Promise<SystemConnection> {
    const master = await Master.open(host, parts);
    return new SystemConnection(host, parts, master.socket, master);
  }

  /** The connection that is open already, as the person's config has it shared; undefined where none is. */
  static async find(
    host: SshHostConfig,
    parts: SystemConnectParts,
  ): Promise<SystemConnection | undefined> {
    const { controlPath } = host;
    if (controlPath === undefined || !(await isListening(host, controlPath))) return undefined;
    return new SystemConnection(host, parts, controlPath, undefined);
  }

  get hostAddress(): string {
    return this.master?.address ?? "";
  }

  get addresses(): readonly string[] {
    return this.master?.addresses ?? [""];
  }

  get isOpen(): boolean {
    return this.gone === undefined;
  }

  get goneBecause(): TaskError | undefined {
    return this.gone;
  }

  get onDidClose(): Event<TaskError> {
    return this.closed.event;
  }

  openShell<T>(listen: (channel: HostChannel) => T): Promise<T> {
    return this.open({ command: "exec /bin/sh -s", isShell: true }, listen);
  }

  openCommand<T>(command: string, listen: (channel: HostChannel) => T): Promise<T> {
    return this.open({ command, isShell: false }, listen);
  }

  end(): void {
    this.master?.end();
    if (this.master) return;
    for (const channel of this.channels) channel.close();
    this.onGone();
  }

  private open<T>(what: ShellOrCommand, listen: (channel: HostChannel) => T): Promise<T> {
    const { alias } = this.host;
    const seconds = this.parts.limits.channelSeconds;
    const request: RequestChannel = (opened, late) => this.request(what, opened, late);
    return openChannel({ alias, seconds, goneBecause: () => this.gone, request }, listen);
  }

  private async request(
    { command, isShell }: ShellOrCommand,
    listen: (channel: HostChannel) => void,
    late: AbortSignal,
  ): Promise<void> {
    const opened = (channel: ProcessChannel): void => {
      this.channels.add(channel);
      channel.once("close", () => this.channels.delete(channel));
      channel.once("close", () => void this.look());
      listen(channel);
    };
    try {
      const args = channelArguments(this.host, this.socket, command);
      await openProcessChannel(args, { isShell, opened, late });
    } catch (error) {
      await this.look();
      throw error;
    }
  }

  /** Of a connection that is not ours nobody tells its end. */
  private async look(): Promise<void> {
    if (this.master || this.gone || (await isListening(this.host, this.socket))) return;
    this.onGone();
  }

  private onGone(cause?: string): void {
    if (this.gone) return;
    this.gone = connectionLost(this.host.alias, cause);
    this.closed.fire(this.gone);
    this.closed.dispose();
  }
}

function isListening(host: SshHostConfig, socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { timeout: checkMs, killSignal: "SIGKILL" } as const;
    execFile("ssh", checkArguments(host, socket), options, (error) => resolve(error === null));
  });
}

/** Of what ssh wrote: why it ended. Its last two lines count bytes. */
function lastLine(words: string): string | undefined {
  const lines = words
    .split(/\r?\n/)
    .filter((line) => !/^(?:|debug\d: .*|Transferred: .*|Bytes per .*)$/.test(line));
  return lines.at(-1);
}
