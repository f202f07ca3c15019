import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { randomBytes } from "node:crypto";
import { ProcessChannel, type ProcessEnd } from "./processChannel";

export interface ProcessChannelOptions {
  /** The command is `/bin/sh` reading a script: it is asked to say something first. */
  readonly isShell: boolean;
  /** Called in the moment the channel is open. */
  readonly opened: (channel: ProcessChannel) => void;
  /** Aborted when nobody waits for it any more. */
  readonly late: AbortSignal;
}

/** What ssh says once the connection that it shares has given it a channel (mux.c, mux_client_request_session). */
const sessionOpened = /^[^\n]*master session id: \d+\r?\n/m;
/** What may come before the channel is open. */
const maxOpening = 65_536;

/**
 * Starts ssh, and resolves once its channel is open. Rejects with an Error that says why it was not opened, in ssh's words.
 * Where a shell is asked for, its first word tells that the server has run it: ssh says nothing of that.
 */
export function openProcessChannel(
  args: readonly string[],
  { isShell, opened, late }: ProcessChannelOptions,
): Promise<void> {
  const child = spawn("ssh", args, { stdio: "pipe", detached: true });
  const word = isShell ? randomBytes(16).toString("hex") : "";
  return new Promise((resolve, reject) => {
    const opening = new ChannelOpening(child, word);
    const settle = (error?: Error, end?: ProcessEnd): void => {
      opening.end();
      child.off("close", onClose);
      if (error) reject(error);
      else {
        opened(new ProcessChannel(child, opening.soFar, end));
        resolve();
      }
    };
    // Where it has said anything, or ended otherwise, that is for whoever wanted a shell to make sense of.
    const onClose = (...end: ProcessEnd): void => {
      const isRefused = end[0] === 255 && opening.isSilent;
      settle(isRefused ? new Error(opening.lastWords) : undefined, end);
    };
    opening.onOpen = () => settle();
    child.once("error", (error) => settle(error));
    child.once("close", onClose);
    child.stdin.on("error", () => undefined);
    late.addEventListener("abort", () => child.kill(), { once: true });
  });
}

/** Takes what ssh itself says from what the host says. */
class ChannelOpening {
  onOpen: () => void = () => undefined;
  private stdout = Buffer.alloc(0);
  private stderr = Buffer.alloc(0);
  private hasSession = false;

  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly word: string,
  ) {
    child.stdout.on("data", this.onStdout);
    child.stderr.on("data", this.onStderr);
  }

  get soFar(): { readonly stdout: Buffer; readonly stderr: Buffer } {
    return { stdout: this.stdout, stderr: this.hasSession ? this.stderr : Buffer.alloc(0) };
  }

  get isSilent(): boolean {
    return this.stdout.length === 0 && (!this.hasSession || this.stderr.length === 0);
  }

  /** The line that says why there is no channel; none of those for who looks for faults in ssh. */
  get lastWords(): string {
    const lines = this.stderr.toString().split(/\r?\n/);
    const said = lines.filter((line) => line !== "" && !/^debug\d: /.test(line));
    return said.find((line) => /refused|failed/.test(line)) ?? said.at(-1) ?? "ssh has ended";
  }

  end(): void {
    this.child.stdout.off("data", this.onStdout);
    this.child.stderr.off("data", this.onStderr);
  }

  private readonly onStderr = (bytes: Buffer): void => {
    this.stderr = Buffer.concat([this.stderr, bytes]);
    this.bound(this.stderr);
    const found = this.hasSession ? null : sessionOpened.exec(this.stderr.toString("latin1"));
    if (!found) return;
    this.hasSession = true;
    this.stderr = this.stderr.subarray(found.index + found[0].length);
    if (this.word === "") this.onOpen();
    else this.child.stdin.write(`echo ${this.word}\n`);
  };

  /** The word is no output; what login shells print before it is theirs. */
  private readonly onStdout = (bytes: Buffer): void => {
    this.stdout = Buffer.concat([this.stdout, bytes]);
    this.bound(this.stdout);
    const at = this.word === "" ? -1 : this.stdout.indexOf(`${this.word}\n`);
    if (at < 0) return;
    const rest = this.stdout.subarray(at + this.word.length + 1);
    this.stdout = Buffer.concat([this.stdout.subarray(0, at), rest]);
    this.onOpen();
  };

  private bound({ length }: Buffer): void {
    if (length > maxOpening) this.child.kill();
  }
}
