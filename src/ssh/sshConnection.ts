import type { Client } from "ssh2";
import { Emitter, type Event } from "../tasks/lifecycle";
import type { Limits } from "../tasks/limits";
import type { Logger } from "../tasks/logger";
import type { TaskError } from "../tasks/taskError";
import { openSignedInClient, type ConnectParts, type SignedIn } from "./signedInClient";
import type { SshHostConfig } from "./hostConfig";
import type { HostChannel, HostConnection } from "./hostConnection";
import { openChannel, type RequestChannel } from "./openChannel";
import { connectionLost } from "./sshErrors";

type ChannelLimits = Pick<Limits, "channelSeconds">;

/** A connection over ssh2. */
export class SshConnection implements HostConnection {
  private gone: TaskError | undefined;
  private readonly closed: Emitter<TaskError>;

  private constructor(
    private readonly client: Client,
    private readonly alias: string,
    private readonly server: Omit<SignedIn, "client">,
    private readonly parts: { readonly logger: Logger; readonly limits: ChannelLimits },
  ) {
    const { logger } = parts;
    this.closed = new Emitter((error) => logger.error(`a listener failed: ${String(error)}`));
    let cause: unknown;
    client.on("error", (error) => (cause ??= error));
    client.once("close", () => {
      this.gone = connectionLost(alias, cause);
      this.closed.fire(this.gone);
      this.closed.dispose();
    });
  }

  /** Opens a connection to the host, signed in. Rejects with a TaskError that says which step failed. */
  static async open(
    host: SshHostConfig,
    parts: ConnectParts & { readonly limits: ChannelLimits },
  ): Promise<SshConnection> {
    const { client, ...server } = await openSignedInClient(host, parts);
    return new SshConnection(client, host.alias, server, parts);
  }

  get hostAddress(): string {
    return this.server.address;
  }

  get addresses(): readonly string[] {
    return this.server.addresses;
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

  get serverVersion(): string {
    return this.server.version;
  }

  openShell<T>(listen: (channel: HostChannel) => T): Promise<T> {
    // The constant text needs no quoting in any login shell, and shows nothing in the host's process list.
    return this.openCommand("exec /bin/sh -s", listen);
  }

  openCommand<T>(command: string, listen: (channel: HostChannel) => T): Promise<T> {
    const request: RequestChannel = (opened) => this.exec(command, opened);
    const { alias, parts } = this;
    const seconds = parts.limits.channelSeconds;
    return openChannel({ alias, seconds, goneBecause: () => this.gone, request }, listen);
  }

  end(): void {
    this.client.end();
    // A server that never answers the goodbye must not keep the socket.
    setTimeout(() => this.client.destroy(), 1000).unref();
  }

  private exec(command: string, opened: (channel: HostChannel) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      try {
        this.client.exec(command, (error, channel) => {
          if (error) {
            reject(error);
            return;
          }
          opened(channel);
          resolve();
        });
      } catch (error) {
        reject(connectionLost(this.alias, error));
      }
    });
  }
}
