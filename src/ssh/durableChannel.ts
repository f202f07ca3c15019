import { randomBytes } from "node:crypto";
import type { OutputCursor } from "../tasks/outputLog";
import type { TaskError } from "../tasks/taskError";
import { DurableFrames } from "./durableFrames";
import type { DurableLine, DurableStart, Follower } from "./durableLine";
import { durableScript } from "./remoteScripts";
import { connectionLost, hostSilent, notDurable, perlMissing } from "./sshErrors";
import type { HostChannel, HostConnection } from "./hostConnection";

export interface DurableChannelOptions {
  readonly alias: string;
  /** For the host to be ready. */
  readonly seconds: number;
  /** What each stream of a task may keep on the host. */
  readonly spoolBytes: number;
}

/** The process on a host that starts its durable tasks and follows them (`remote/durable.pl`), over one channel. */
export class DurableChannel implements DurableLine {
  private readonly followers = new Map<string, Follower>();
  private readonly nonce = randomBytes(16).toString("hex");
  private channel: HostChannel | undefined;
  private closed: TaskError | undefined;

  private constructor(private readonly options: DurableChannelOptions) {}

  /**
   * Resolves once the host is ready. Rejects with a TaskError, at the latest after `seconds`; with the code `notDurable`
   * when the host has no POSIX shell, `perlMissing` when it has one and no perl.
   */
  static async open(
    connection: HostConnection,
    options: DurableChannelOptions,
  ): Promise<DurableChannel> {
    const opened = new DurableChannel(options);
    const { alias, seconds } = options;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const late = (): void => reject(hostSilent(alias, "get ready for durable tasks", seconds));
        timer = setTimeout(late, seconds * 1000);
        connection
          .openShell((channel) => opened.listen(channel, connection, { resolve, reject }))
          .catch(reject);
      });
    } catch (error) {
      opened.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return opened;
  }

  get isOpen(): boolean {
    return this.closed === undefined;
  }

  /** Starts the task where it has not been started, and follows it from its beginning on. */
  start({ taskId, command, seconds, merge }: DurableStart, follower: Follower): void {
    const bytes = Buffer.from(command);
    const words = ["start", taskId, seconds, merge ? 1 : 0, bytes.length];
    this.request(taskId, follower, Buffer.concat([Buffer.from(`${words.join(" ")}\n`), bytes]));
  }

  /** Follows the task from these offsets on. */
  follow(taskId: string, from: OutputCursor, follower: Follower): void {
    const line = `follow ${taskId} ${from.stdout} ${from.stderr}\n`;
    this.request(taskId, follower, Buffer.from(line));
  }

  unfollow(taskId: string): void {
    if (this.followers.delete(taskId) && this.isOpen) this.channel?.write(`unfollow ${taskId}\n`);
  }

  /** Lets go of the channel; the tasks run on. */
  close(): void {
    this.lose(connectionLost(this.options.alias));
    this.channel?.close();
  }

  private request(taskId: string, follower: Follower, bytes: Buffer): void {
    if (this.closed) {
      follower.onLost(this.closed);
      return;
    }
    this.followers.set(taskId, follower);
    this.channel?.write(bytes);
  }

  private listen(
    channel: HostChannel,
    connection: HostConnection,
    ready: { readonly resolve: () => void; readonly reject: (error: TaskError) => void },
  ): void {
    this.channel = channel;
    if (this.closed) {
      channel.close();
      return;
    }
    const { alias, spoolBytes } = this.options;
    let answered = false;
    const frames = new DurableFrames(this.nonce, {
      onWord: (word) => {
        answered = true;
        if (word === "READY") ready.resolve();
        else ready.reject(perlMissing(alias));
      },
      eventsOf: (taskId) => this.followers.get(taskId),
    });
    channel.on("data", (bytes: Buffer) => frames.push(bytes));
    channel.stderr.resume();
    channel.on("close", () => {
      const lost = connection.goneBecause ?? connectionLost(alias);
      const unable = !answered && connection.isOpen;
      ready.reject(unable ? notDurable(alias, "it has no POSIX shell") : lost);
      this.lose(lost);
    });
    channel.write(durableScript(this.nonce, spoolBytes));
  }

  private lose(error: TaskError): void {
    if (this.closed) return;
    this.closed = error;
    const lost = [...this.followers.values()];
    this.followers.clear();
    for (const follower of lost) follower.onLost(error);
  }
}
