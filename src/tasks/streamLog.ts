import { Block } from "./block";
import { countNewlines } from "./countNewlines";
import type { StreamSnapshot } from "./taskStore";

/** Bytes kept of the start of a stream, so that a bounded answer can show how it began. */
const headLimit = 256 * 1024;
/** Bytes kept of its end while the task runs. */
const tailLimit = 4 * 1024 * 1024;
const maxBlock = 64 * 1024;
/** Blocks of the tail: many times what its bytes fill, so that only a stream full of gaps ever has as many. */
const maxTailBlocks = 1024;
const newline = 0x0a;

/** A run of bytes of a stream, and where it starts. */
export interface Bytes {
  readonly from: number;
  readonly bytes: Buffer;
  /** The byte that came after them is no longer kept. */
  readonly cutOff: boolean;
}

/**
 * One output stream in bounded memory: its head, which ends at the first gap at the latest, its tail, and the offsets
 * of what was dropped between them.
 */
export class StreamLog {
  private head: Block[] = [];
  private tail: Block[] = [];
  /** Memory of a block that was dropped, for the next one. */
  private spare: Buffer | undefined;
  private tailBytes = 0;
  private memory = 0;
  private total = 0;
  private newlines = 0;
  private trailingNewlines = 0;
  private tailLimit = tailLimit;

  /** @returns a log that reads as the one of the snapshot did, with copies of its bytes. */
  static restore(snapshot: StreamSnapshot): StreamLog {
    const log = new StreamLog();
    for (const { from, bytes } of snapshot.runs) {
      log.skipTo(from);
      log.append(bytes);
    }
    log.skipTo(snapshot.size);
    log.newlines = snapshot.newlines;
    log.trailingNewlines = snapshot.trailingNewlines;
    return log;
  }

  /** Bytes the command wrote so far, kept or not. */
  get size(): number {
    return this.total;
  }

  /** Lines the command wrote so far, an unfinished last one included, empty ones at the end not. */
  get lineCount(): number {
    return this.total === this.trailingNewlines ? 0 : this.newlines - this.trailingNewlines + 1;
  }

  /** Bytes of memory it takes. */
  get memoryBytes(): number {
    return this.memory;
  }

  /** Copies the bytes, so that a small piece never keeps a large packet alive. */
  append(bytes: Buffer): void {
    this.countLines(bytes);
    const room = this.missesNothing() ? Math.max(0, headLimit - this.total) : 0;
    const intoHead = Math.min(bytes.length, room);
    if (intoHead > 0) this.fill(this.head, this.total, bytes.subarray(0, intoHead));
    if (intoHead < bytes.length) {
      this.fill(this.tail, this.total + intoHead, bytes.subarray(intoHead));
      this.tailBytes += bytes.length - intoHead;
    }
    this.total += bytes.length;
    this.dropOldTail();
  }

  /** What comes next is at `offset`, as what was to come before it is lost; does nothing when that is not ahead. */
  skipTo(offset: number): void {
    if (offset <= this.total) return;
    // The block before the gap is full from now on, so that what comes goes into another.
    this.memory -= (this.tail.at(-1) ?? this.head.at(-1))?.trim() ?? 0;
    this.total = offset;
    this.trailingNewlines = 0;
  }

  /** All that is kept, as copies, in the fewest runs: in their order, none of them empty. */
  snapshot(): StreamSnapshot {
    const runs: { from: number; bytes: Buffer }[] = [];
    for (let at = 0; at < this.total;) {
      const { from, bytes } = this.read(at, Infinity);
      if (bytes.length > 0) runs.push({ from, bytes });
      at = from + bytes.length;
    }
    const { total: size, newlines, trailingNewlines } = this;
    return { size, newlines, trailingNewlines, runs };
  }

  /** Keeps at most `limit` bytes of the tail from now on. */
  shrinkTail(limit: number): void {
    this.tailLimit = limit;
    this.dropOldTail();
    this.forgetSpare();
  }

  /** Keeps so many bytes of its start and its end and no others; nothing may be appended after that. */
  keepOnly(start: number, end: number): void {
    if (this.memory <= start + end) return;
    const first = this.read(0, start);
    const last = this.readEnd(end);
    const skip = Math.max(0, first.from + first.bytes.length - last.from);
    const tail = Buffer.from(last.bytes.subarray(skip));
    this.head = [new Block(first.from, first.bytes)].filter(({ length }) => length > 0);
    this.tail = [new Block(last.from + skip, tail)].filter(({ length }) => length > 0);
    this.tailBytes = last.bytes.length - skip;
    this.spare = undefined;
    this.memory = first.bytes.length + this.tailBytes;
  }

  /** At most `max` bytes in one run, from `offset` or from the first kept byte after it, else none from the end. */
  read(offset: number, max: number): Bytes {
    const parts: Buffer[] = [];
    let from = this.total;
    let next = from;
    let wanted = max;
    for (const block of this.blocksFrom(offset)) {
      if (parts.length === 0) next = from = Math.max(offset, block.start);
      if (block.start > next || wanted <= 0) break;
      const part = block.bytes().subarray(next - block.start, next - block.start + wanted);
      parts.push(part);
      next += part.length;
      wanted -= part.length;
    }
    return { from, bytes: Buffer.concat(parts), cutOff: next < this.total && !this.keeps(next) };
  }

  /** The last kept bytes, at most `max`, in one run. */
  readEnd(max: number): Bytes {
    const { start, end } = this.lastRun();
    return this.read(Math.max(start, end - max), max);
  }

  private lastRun(): { start: number; end: number } {
    const blocks = [...this.head, ...this.tail];
    const end = blocks.at(-1)?.end ?? 0;
    let start = end;
    for (let block = blocks.pop(); block?.end === start; block = blocks.pop()) start = block.start;
    return { start, end };
  }

  /** Whether all that ever came is in the head. */
  private missesNothing(): boolean {
    return this.tail.length === 0 && (this.head.at(-1)?.end ?? 0) === this.total;
  }

  private keeps(offset: number): boolean {
    for (const block of this.blocksFrom(offset)) return block.start <= offset;
    return false;
  }

  private *blocksFrom(offset: number): Generator<Block> {
    for (const block of this.head) if (block.end > offset) yield block;
    // Binary search is not worth it: at most 64 blocks of 64 KiB.
    for (const block of this.tail) if (block.end > offset) yield block;
  }

  private dropOldTail(): void {
    const { tail } = this;
    for (let first = tail[0]; first && this.tailIsTooLarge(); first = tail[0]) {
      this.tailBytes -= first.length;
      tail.shift();
      this.forgetSpare();
      this.spare = first.memory;
    }
  }

  private tailIsTooLarge(): boolean {
    return this.tailBytes > this.tailLimit || this.tail.length > maxTailBlocks;
  }

  private forgetSpare(): void {
    this.memory -= this.spare?.length ?? 0;
    this.spare = undefined;
  }

  private fill(blocks: Block[], offset: number, bytes: Buffer): void {
    let rest = bytes;
    let at = offset;
    while (rest.length > 0) {
      const last = blocks.at(-1);
      let taken = last?.take(rest) ?? 0;
      if (taken === 0) {
        const size = Math.min(maxBlock, Math.max(1024, 2 * (last?.length ?? 0), rest.length));
        const block = new Block(at, this.memoryOf(size), 0);
        blocks.push(block);
        taken = block.take(rest);
      }
      at += taken;
      rest = rest.subarray(taken);
    }
  }

  /** What a dropped block leaves is used again: a flood of output then allocates nothing. */
  private memoryOf(size: number): Buffer {
    const { spare } = this;
    this.spare = undefined;
    if (spare?.length === size) return spare;
    this.memory += size - (spare?.length ?? 0);
    return Buffer.allocUnsafeSlow(size);
  }

  private countLines(bytes: Buffer): void {
    this.newlines += countNewlines(bytes);
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === newline) end--;
    const trailing = bytes.length - end;
    this.trailingNewlines = end === 0 ? this.trailingNewlines + trailing : trailing;
  }
}
