import type { Client } from "ssh2";
import { Emitter, type Event } from "../tasks/lifecycle";
import type { Limits } from "../tasks/limits";
import type { Logger } from "../tasks/logger";
import { TaskError } from "../tasks/taskError";
import { openSignedInClient, type ConnectParts, type SignedIn } from "./signedInClient";
import type { SshHostConfig } from "./hostConfig";
import type { HostChannel, HostConnection } from "./hostConnection";
import { channelRefused, connectionLost, hostSilent } from "./sshErrors";

type ChannelLimits = Pick<Limits, "channelSeconds">;

/** A refused channel has run nothing, whatever the reason: the script is sent once `/bin/sh` was granted. */
const channelRetries = 3;

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

  async openCommand<T>(command: string, listen: (channel: HostChannel) => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.exec(command, listen);
      } catch (error) {
        if (error instanceof TaskError) throw error;
        // A lost connection fails what is under way a moment before it says that it is lost.
        // sshd frees the place of an ended command a moment after it said so. dropbear 2022.83 closes a channel that has
        // no command yet when that of another one ends.
        await new Promise((resolve) => setTimeout(resolve, attempt * 50 * (1 + Math.random())));
        if (this.gone) throw this.gone;
        if (attempt > channelRetries) throw channelRefused(this.alias, error);
      }
    }
  }

  end(): void {
    this.client.end();
    // A server that never answers the goodbye must not keep the socket.
    setTimeout(() => this.client.destroy(), 1000).unref();
  }

  private exec<T>(command: string, listen: (channel: HostChannel) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let late = false;
      const { channelSeconds } = this.parts.limits;
      const timer = setTimeout(() => {
        late = true;
        reject(hostSilent(this.alias, "open a channel with a shell", channelSeconds));
      }, channelSeconds * 1000);
      try {
        this.client.exec(command, (error, channel) => {
          clearTimeout(timer);
          if (error) reject(error);
          else if (late) channel.close();
          else resolve(listen(channel));
        });
      } catch (error) {
        clearTimeout(timer);
        reject(connectionLost(this.alias, error));
      }
    });
  }
}
