import { connect as connectSocket, type Socket } from "node:net";
import { Client, type ClientChannel } from "ssh2";
import { Emitter, type Event } from "../tasks/lifecycle";
import type { Logger } from "../tasks/logger";
import { asError, TaskError } from "../tasks/taskError";
import { HostKeyCheck } from "./hostKeys";
import { prepareSignIn } from "./signIn";
import type { SshHostConfig } from "./sshConfigFile";
import {
  channelRefused,
  connectFailed,
  connectionLost,
  hostSilent,
  portInvalid,
  signInFailed,
} from "./sshErrors";

/** Seconds each phase may take. */
const socketSeconds = 10;
const signInSeconds = 15;
const channelSeconds = 10;
/** A dead link is noticed after three unanswered questions: within 15 s. */
const keepalive = { keepaliveInterval: 4000, keepaliveCountMax: 3 };
/** RFC 4254, section 5.1: SSH_OPEN_CONNECT_FAILED, which is how sshd refuses one session more than MaxSessions. */
const openConnectFailed = 2;
const channelRetries = 3;

/** One connection to one host. It has an end, and whoever asks for a channel after that is told so. */
export class SshConnection {
  private gone: TaskError | undefined;
  private readonly closed: Emitter<TaskError>;

  private constructor(
    private readonly client: Client,
    private readonly alias: string,
    /** Address the connection went to. */
    readonly hostAddress: string,
    logger: Logger,
  ) {
    this.closed = new Emitter((error) => logger.error(`a listener failed: ${String(error)}`));
    let cause: unknown;
    client.on("error", (error) => (cause ??= error));
    client.once("close", () => {
      this.gone = connectionLost(alias, cause);
      this.closed.fire(this.gone);
      this.closed.dispose();
    });
  }

  /** Resolves, connects, checks the host's key and signs in, each within its bound. Rejects with a TaskError. */
  static async open(
    host: SshHostConfig,
    logger: Logger,
    agentSocket?: string,
  ): Promise<SshConnection> {
    const [hostKey, signIn] = await Promise.all([
      HostKeyCheck.read(host, logger),
      prepareSignIn(host, agentSocket),
    ]);
    const target = `${host.user}@${host.hostName}:${host.port}`;
    if (!(host.port > 0 && host.port < 65_536)) throw portInvalid(target);
    const socket = await openSocket(host, target);
    const client = new Client();
    // ssh2 reports an error more than once; without a listener that outlives the first, the second ends the process.
    client.on("error", (error) => logger.debug(`${target}: ${error.message}`));
    try {
      await becomeReady(client, () =>
        client.connect({
          sock: socket,
          username: host.user,
          hostVerifier: (key: Buffer) => hostKey.verify(key),
          algorithms: { serverHostKey: hostKey.algorithms as never },
          authHandler: signIn.methods,
          readyTimeout: signInSeconds * 1000,
          ...keepalive,
        }),
      );
    } catch (error) {
      client.destroy();
      socket.destroy();
      throw hostKey.refusal ?? translate(error, host.alias, target, signIn.description);
    }
    return new SshConnection(client, host.alias, socket.remoteAddress ?? "", logger);
  }

  get isOpen(): boolean {
    return this.gone === undefined;
  }

  /** Why it is gone, once it is. */
  get goneBecause(): TaskError | undefined {
    return this.gone;
  }

  /** Fires once, when the connection is gone, however that came; its channels close after that. */
  get onDidClose(): Event<TaskError> {
    return this.closed.event;
  }

  /**
   * Opens a channel with `/bin/sh` reading a script from it. `listen` is called in the moment the channel opens, as what
   * it would miss later is lost; its result is what this resolves with. Rejects with a TaskError.
   */
  async openShell<T>(listen: (channel: ClientChannel) => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.exec(listen);
      } catch (error) {
        if (error instanceof TaskError) throw error;
        const refused =
          error instanceof Error && "reason" in error && error.reason === openConnectFailed;
        // A lost connection fails what is under way a moment before it says that it is lost.
        // sshd frees the place of an ended command a moment after it said so.
        await new Promise((resolve) => setTimeout(resolve, attempt * 50 * (1 + Math.random())));
        if (this.gone) throw this.gone;
        if (!refused || attempt > channelRetries) throw channelRefused(this.alias, error);
      }
    }
  }

  /** Ends the connection; what runs on the host is not touched by that. */
  end(): void {
    this.client.end();
    // A server that never answers the goodbye must not keep the socket.
    setTimeout(() => this.client.destroy(), 1000).unref();
  }

  private exec<T>(listen: (channel: ClientChannel) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        reject(hostSilent(this.alias, "open a channel", channelSeconds));
      }, channelSeconds * 1000);
      try {
        // The constant text needs no quoting in any login shell, and shows nothing in the host's process list.
        this.client.exec("exec /bin/sh -s", (error, channel) => {
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

function openSocket(host: SshHostConfig, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: host.hostName, port: host.port, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(hostSilent(target, "accept the connection", socketSeconds));
    }, socketSeconds * 1000);
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(connectFailed(target, error));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

function becomeReady(client: Client, connect: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once("ready", resolve);
    client.on("error", (error) => {
      // The agent failing is no end: the next method is tried.
      if (!("level" in error && error.level === "agent")) reject(error);
    });
    client.once("close", () => reject(new Error("Connection closed")));
    connect();
  });
}

function translate(error: unknown, alias: string, target: string, tried: string): TaskError {
  const seen = asError(error);
  const level = "level" in seen ? seen.level : undefined;
  if (level === "client-authentication") return signInFailed(target, tried);
  if (level === "client-timeout") return hostSilent(alias, "finish the sign-in", signInSeconds);
  return connectFailed(target, error);
}
