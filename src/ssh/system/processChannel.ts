import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { Duplex, PassThrough } from "node:stream";
import type { HostChannel } from "../hostConnection";

/** A command on a host as a process of ours: ssh, over a connection that it shares. */
export class ProcessChannel extends Duplex implements HostChannel {
  readonly stderr = new PassThrough();

  /** `soFar` is what it has printed of what the host says; `isOver` where it has ended with that. */
  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    soFar: { readonly stdout: Buffer; readonly stderr: Buffer; readonly isOver: boolean },
  ) {
    super({ allowHalfOpen: true });
    if (soFar.stdout.length > 0) this.push(soFar.stdout);
    if (soFar.stderr.length > 0) this.stderr.write(soFar.stderr);
    if (soFar.isOver) {
      this.push(null);
      this.stderr.end();
      // Once somebody listens.
      setImmediate(() => this.onOver(child.exitCode, child.signalCode));
      return;
    }
    child.stderr.pipe(this.stderr);
    child.stdout.on("data", (bytes: Buffer) => {
      if (!this.push(bytes)) child.stdout.pause();
    });
    child.stdout.on("end", () => this.push(null));
    child.stdin.on("error", () => undefined); // its end says why
    child.on("close", (code, signal) => this.onOver(code, signal));
  }

  close(): void {
    this.child.kill();
  }

  /** A shared connection passes no signals on: the command is left without a reader, as when a terminal is closed. */
  signal(): void {
    this.close();
  }

  private onOver(code: number | null, signal: NodeJS.Signals | null): void {
    this.emit("exit", code, signal ?? undefined);
    if (this.readableEnded) this.destroy();
    else this.once("end", () => this.destroy());
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    if (this.child.stdin.writable) this.child.stdin.write(bytes, done);
    else done();
  }

  override _final(done: () => void): void {
    this.child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill();
    done(error);
  }
}
