import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { Duplex, PassThrough } from "node:stream";
import type { HostChannel } from "../hostConnection";

/** What ssh says once the connection that it shares has given it a channel (mux.c, mux_client_request_session). */
const sessionOpened = /^[^\n]*master session id: \d+\r?\n/m;
/** What it may say before that. */
const maxGreeting = 65_536;

/** A command on a host as a process of ours: ssh, over a connection that it shares. */
export class ProcessChannel extends Duplex implements HostChannel {
  /** Without what ssh itself said before. */
  readonly stderr = new PassThrough();

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    stderrSoFar: Buffer,
  ) {
    super({ allowHalfOpen: true, emitClose: true });
    this.stderr.write(stderrSoFar);
    child.stderr.pipe(this.stderr);
    child.stdout.on("data", (bytes: Buffer) => {
      if (!this.push(bytes)) child.stdout.pause();
    });
    child.stdout.on("end", () => this.push(null));
    child.stdin.on("error", () => undefined); // its end says why
    child.on("close", (code, signal) => {
      // Who runs ssh's own shell gets its signals, and 255 where ssh itself failed; both have been seen before that.
      this.emit("exit", code, signal ?? undefined);
      if (this.readableEnded) this.destroy();
      else this.once("end", () => this.destroy());
    });
  }

  /**
   * Starts ssh, and calls `opened` in the moment its channel is open, when this resolves. Rejects with an Error that says
   * why it was not opened, in ssh's words.
   */
  static open(args: readonly string[], opened: (channel: ProcessChannel) => void): Promise<void> {
    const child = spawn("ssh", args, { stdio: "pipe", detached: true });
    return new Promise((resolve, reject) => {
      let greeting = "";
      const fail = (): void => reject(new Error(lastWords(greeting)));
      child.once("error", reject);
      child.once("close", fail);
      const onGreeting = (bytes: Buffer): void => {
        greeting += bytes.toString("latin1");
        const found = sessionOpened.exec(greeting);
        if (!found) {
          if (greeting.length > maxGreeting) child.kill();
          return;
        }
        child.stderr.off("data", onGreeting);
        child.off("close", fail);
        const rest = greeting.slice(found.index + found[0].length);
        opened(new ProcessChannel(child, Buffer.from(rest, "latin1")));
        resolve();
      };
      child.stderr.on("data", onGreeting);
    });
  }

  close(): void {
    this.child.kill();
  }

  /** A shared connection passes no signals on: the command is left without a reader, as when a terminal is closed. */
  signal(): void {
    this.close();
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (!this.child.stdin.writable) done();
    else this.child.stdin.write(bytes, () => done());
  }

  override _final(done: () => void): void {
    this.child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill();
    done(error);
  }
}

/** The last line that is no message for those who look for faults in ssh. */
function lastWords(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line !== "" && !/^debug\d: /.test(line));
  return lines.find((line) => /refused|failed/.test(line)) ?? lines.at(-1) ?? "ssh has ended";
}
