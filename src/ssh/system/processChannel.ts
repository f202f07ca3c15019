import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { Duplex, PassThrough } from "node:stream";
import type { HostChannel } from "../hostConnection";

/** How a process ended, by Node's words. */
export type ProcessEnd = readonly [code: number | null, signal: NodeJS.Signals | null];

/** A command on a host as a process of ours: ssh, over a connection that it shares. */
export class ProcessChannel extends Duplex implements HostChannel {
  readonly stderr = new PassThrough();

  /** `soFar` is what it has printed of what the host says; `end` is there when it is gone already. */
  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    soFar: { readonly stdout: Buffer; readonly stderr: Buffer },
    end?: ProcessEnd,
  ) {
    super({ allowHalfOpen: true });
    if (soFar.stdout.length > 0) this.push(soFar.stdout);
    if (soFar.stderr.length > 0) this.stderr.write(soFar.stderr);
    child.stdin.on("error", () => undefined); // its end says why
    if (end) {
      this.push(null);
      this.stderr.end();
      setImmediate(() => this.onEnd(end));
      return;
    }
    child.stderr.pipe(this.stderr);
    child.stdout.on("data", (bytes: Buffer) => {
      if (!this.push(bytes)) child.stdout.pause();
    });
    child.stdout.on("end", () => this.push(null));
    child.on("close", (...how) => this.onEnd(how));
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

  /** What can't be written any more is no error: the end of the process is. */
  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    if (this.child.stdin.writable) this.child.stdin.write(bytes, () => done());
    else done();
  }

  override _final(done: () => void): void {
    this.child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill();
    done(error);
  }

  /** It closes once all that it has said is heard. */
  private onEnd([code, signal]: ProcessEnd): void {
    this.emit("exit", code, signal ?? undefined);
    const unheard = [this, this.stderr].filter((stream) => !stream.readableEnded);
    let left = unheard.length;
    if (left === 0) this.destroy();
    for (const stream of unheard)
      stream.once("end", () => {
        if (--left === 0) this.destroy();
      });
  }
}
