import { decode, startAtCharacter, unfinished, withoutLastNewlines } from "./characters";
import type { OutputStream } from "./remoteHost";
import { StreamLog, type Bytes } from "./streamLog";
import { invalidRequest } from "./taskError";
import type { OutputSnapshot } from "./taskStore";

/** Where a reader is in both streams, in bytes. */
export interface OutputCursor {
  readonly stdout: number;
  readonly stderr: number;
}

/** Bytes of a stream that are no longer kept, or were left out to keep an answer small: `from` up to `to`. */
export interface OutputGap {
  readonly stream: OutputStream;
  readonly from: number;
  readonly to: number;
}

export interface OutputSlice {
  readonly stdout: string;
  readonly stderr: string;
  readonly next: OutputCursor;
  readonly gaps: readonly OutputGap[];
  /** Whether a read from `next` would give more right now. */
  readonly more: boolean;
}

export const outputStart: OutputCursor = { stdout: 0, stderr: 0 };

/** @throws TaskError `invalidRequest` for anything but `<stdout offset>:<stderr offset>`. */
export function parseCursor(text: string): OutputCursor {
  const match = /^(\d{1,15}):(\d{1,15})$/.exec(text);
  if (!match) throw invalidRequest("cursor is not one that an earlier answer gave");
  return { stdout: Number(match[1]), stderr: Number(match[2]) };
}

export function formatCursor(cursor: OutputCursor): string {
  return `${cursor.stdout}:${cursor.stderr}`;
}

/** Both output streams of a task, in bounded memory, decoded as UTF-8 (what is not becomes U+FFFD). */
export class OutputLog {
  private streams = {
    stdout: new StreamLog(),
    stderr: new StreamLog(),
  };
  private ended = false;
  private accounted = 0;

  /** @param account is told by how many bytes the memory it takes has grown, or shrunk when negative. */
  constructor(private readonly account: (bytes: number) => void = () => undefined) {}

  /** @returns a log that reads as the one of the snapshot did; `account` is told of its memory at once. */
  static restore(snapshot: OutputSnapshot, account?: (bytes: number) => void): OutputLog {
    const log = new OutputLog(account);
    log.streams = {
      stdout: StreamLog.restore(snapshot.stdout),
      stderr: StreamLog.restore(snapshot.stderr),
    };
    log.ended = snapshot.ended;
    log.accountMemory();
    return log;
  }

  /** All that is kept, as copies. */
  snapshot(): OutputSnapshot {
    const { stdout, stderr } = this.streams;
    return { ended: this.ended, stdout: stdout.snapshot(), stderr: stderr.snapshot() };
  }

  append(stream: OutputStream, bytes: Buffer): void {
    this.streams[stream].append(bytes);
    this.accountMemory();
  }

  /** What comes next of a stream is at `offset`, as what was to come before it is lost: that reads as a gap. */
  skipTo(stream: OutputStream, offset: number): void {
    this.streams[stream].skipTo(offset);
    this.accountMemory();
  }

  /** Nothing more will come: an unfinished character at the end is given out, and memory shrinks. */
  end(keep: number): void {
    this.ended = true;
    this.shrink(keep);
  }

  /** Keeps at most `keep` bytes of the end of each stream from now on, beside its start. */
  shrink(keep: number): void {
    this.streams.stdout.shrinkTail(keep);
    this.streams.stderr.shrinkTail(keep);
    this.accountMemory();
  }

  /** Of an ended task: keeps so many bytes of the start and of the end of each stream and no others. */
  keepOnly(start: number, end: number): void {
    this.streams.stdout.keepOnly(start, end);
    this.streams.stderr.keepOnly(start, end);
    this.accountMemory();
  }

  private accountMemory(): void {
    const memory = this.streams.stdout.memoryBytes + this.streams.stderr.memoryBytes;
    const change = memory - this.accounted;
    if (change === 0) return;
    this.accounted = memory;
    this.account(change);
  }

  /** Bytes the command wrote so far. */
  get size(): OutputCursor {
    return {
      stdout: this.streams.stdout.size,
      stderr: this.streams.stderr.size,
    };
  }

  /** At most `max` bytes of a stream in one run, from the offset or from the first kept byte after it. */
  readBytes(stream: OutputStream, offset: number, max: number): { from: number; bytes: Buffer } {
    return this.streams[stream].read(offset, max);
  }

  get lineCount(): number {
    return this.streams.stdout.lineCount + this.streams.stderr.lineCount;
  }

  /** What came after the cursor, at most `maxBytes` of both streams together. */
  read(cursor: OutputCursor, maxBytes: number): OutputSlice {
    const budget = this.share(maxBytes, cursor);
    const out = this.readStream("stdout", cursor.stdout, budget.stdout);
    const err = this.readStream("stderr", cursor.stderr, budget.stderr);
    const next = { stdout: out.next, stderr: err.next };
    return {
      stdout: out.text,
      stderr: err.text,
      next,
      gaps: [...out.gaps, ...err.gaps],
      more: out.next < this.readable("stdout") || err.next < this.readable("stderr"),
    };
  }

  /** All of it, from a cursor on, where it fits into `maxBytes`; else its first quarter and its last three, and the gap between them. */
  summarize(maxBytes: number, from = outputStart): OutputSlice {
    const budget = this.share(maxBytes, from);
    const out = this.summarizeStream("stdout", from.stdout, budget.stdout);
    const err = this.summarizeStream("stderr", from.stderr, budget.stderr);
    return {
      stdout: out.text,
      stderr: err.text,
      next: { stdout: out.next, stderr: err.next },
      gaps: [...out.gaps, ...err.gaps],
      more: false,
    };
  }

  /** The last lines of stdout, then stderr, of at most `maxBytes`; empty ones at the end of a stream are left off. */
  lastLines(maxLines: number, maxBytes = 1024 * 1024): string[] {
    const budget = this.share(maxBytes, outputStart);
    const lines = (["stdout", "stderr"] as const).flatMap((stream) => {
      const end = startAtCharacter(this.streams[stream].readEnd(budget[stream]));
      const text = decode(withoutLastNewlines(end.bytes));
      return text === "" ? [] : text.split("\n");
    });
    return lines.slice(-maxLines);
  }

  /** Divides a budget: half for each stream, and what one doesn't need for the other. */
  private share(maxBytes: number, cursor: OutputCursor): OutputCursor {
    const half = Math.ceil(maxBytes / 2);
    const wants = {
      stdout: Math.max(0, this.streams.stdout.size - cursor.stdout),
      stderr: Math.max(0, this.streams.stderr.size - cursor.stderr),
    };
    return {
      stdout: Math.min(wants.stdout, Math.max(half, maxBytes - wants.stderr)),
      stderr: Math.min(wants.stderr, Math.max(maxBytes - half, maxBytes - wants.stdout)),
    };
  }

  private readStream(stream: OutputStream, offset: number, max: number): StreamSlice {
    const log = this.streams[stream];
    // A character has at most four bytes: less than that could never give one out.
    const wanted = max === 0 ? 0 : Math.max(4, max);
    const from = Math.min(offset, log.size);
    let read = log.read(offset, wanted);
    if (read.cutOff && this.endAtCharacter(stream, read).bytes.length === 0) {
      // The start of a character whose rest was dropped belongs to what was dropped.
      read = log.read(read.from + read.bytes.length, wanted);
    }
    const run = read.from > from ? startAtCharacter(read) : read;
    const gaps = run.from > from ? [{ stream, from, to: run.from }] : [];
    const whole = this.endAtCharacter(stream, run);
    return { text: decode(whole.bytes), next: whole.from + whole.bytes.length, gaps };
  }

  private summarizeStream(stream: OutputStream, from: number, max: number): StreamSlice {
    const log = this.streams[stream];
    const all = this.readStream(stream, from, max);
    if (log.size - from <= max && all.gaps.length === 0 && all.next >= this.readable(stream))
      return all;
    const head = this.readStream(stream, from, Math.floor(max / 4));
    const end = startAtCharacter(log.readEnd(max - Math.floor(max / 4)));
    const tail = this.endAtCharacter(stream, end);
    const tailEnd = tail.from + tail.bytes.length;
    const between = { stream, from: head.next, to: Math.max(head.next, tail.from) };
    const after = { stream, from: tailEnd, to: reachesEnd(end, log) ? tailEnd : log.size };
    const rest = tail.bytes.subarray(between.to - tail.from);
    const gaps = [...head.gaps, between, after].filter(({ from, to }) => to > from);
    const start = head.gaps.map(mark).join("") + head.text;
    return { text: start + mark(between) + decode(rest) + mark(after), next: after.to, gaps };
  }

  /** Holds back the start of a character whose rest may still come. */
  private endAtCharacter(stream: OutputStream, run: Bytes): Bytes {
    const end = run.from + run.bytes.length;
    if (this.ended && end === this.streams[stream].size) return run;
    return { ...run, bytes: run.bytes.subarray(0, run.bytes.length - unfinished(run.bytes)) };
  }

  private readable(stream: OutputStream): number {
    const log = this.streams[stream];
    return this.ended ? log.size : log.size - unfinished(log.readEnd(4).bytes);
  }
}

interface StreamSlice {
  readonly text: string;
  readonly next: number;
  readonly gaps: readonly OutputGap[];
}

function reachesEnd(run: Bytes, log: StreamLog): boolean {
  return run.from + run.bytes.length === log.size;
}

function mark({ stream, from, to }: OutputGap): string {
  return to > from ? `\n[${to - from} bytes of ${stream} left out here]\n` : "";
}
