import { randomBytes } from "node:crypto";
import type { OutputCursor } from "../tasks/outputLog";
import type { OutputStream } from "../tasks/remoteHost";
import type { DurableLine, DurableStart, Follower } from "./durableLine";
import { FrameReader } from "./frameReader";
import { spooledFollowScript, spooledStartScript } from "./remoteScripts";
import { connectionLost } from "./sshErrors";
import type { HostChannel, HostConnection } from "./hostConnection";

/** A channel that starts and follows one durable task (`remote/spooled.sh`), on a host without perl. */
export class SpooledChannel implements DurableLine {
  private readonly nonce = randomBytes(16).toString("hex");
  private readonly endedStreams = new Set<OutputStream>();
  private read: { stdout: number; stderr: number } = { stdout: 0, stderr: 0 };
  private follower: Follower | undefined;

  private constructor(
    private readonly alias: string,
    private readonly connection: HostConnection,
    private readonly channel: HostChannel,
  ) {
    const stdout = this.reader("stdout");
    const stderr = this.reader("stderr");
    channel.on("data", (bytes: Buffer) => stdout.push(bytes));
    channel.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
    channel.on("close", () => this.lose());
  }

  /** Resolves with one that no task uses yet. Rejects with a TaskError. */
  static open(alias: string, connection: HostConnection): Promise<SpooledChannel> {
    return connection.openShell((channel) => new SpooledChannel(alias, connection, channel));
  }

  start(task: DurableStart, follower: Follower): void {
    this.send(spooledStartScript(this.nonce, task), { stdout: 0, stderr: 0 }, follower);
  }

  follow(taskId: string, from: OutputCursor, follower: Follower): void {
    this.send(spooledFollowScript(this.nonce, taskId, from), from, follower);
  }

  /** The channel's end tells the host that nobody follows any more. */
  unfollow(): void {
    this.follower = undefined;
    this.channel.close();
  }

  private send(script: string, from: OutputCursor, follower: Follower): void {
    this.follower = follower;
    this.read = { ...from };
    if (this.channel.writable) this.channel.write(script);
    else this.lose();
  }

  private reader(stream: OutputStream): FrameReader {
    return new FrameReader(this.nonce, {
      onBegin: (words) => {
        if (stream === "stdout" && words[0]) this.follower?.onStarted(words);
      },
      onBytes: (bytes) => {
        const offset = this.read[stream];
        this.read[stream] += bytes.length;
        this.follower?.onOutput(stream, bytes, offset);
      },
      onEnd: (words) => {
        this.endedStreams.add(stream);
        if (this.endedStreams.size === 2) this.onEnd(words);
      },
    });
  }

  /** What was sent and has not come is asked for over another channel. */
  private onEnd(words: readonly string[]): void {
    const [stdout, stderr] = words.slice(4);
    const complete =
      stdout === undefined ||
      (Number(stdout) === this.read.stdout && Number(stderr) === this.read.stderr);
    if (complete) this.follower?.onEnd(words);
    else this.lose();
  }

  private lose(): void {
    const { follower } = this;
    this.follower = undefined;
    follower?.onLost(this.connection.goneBecause ?? connectionLost(this.alias));
  }
}
