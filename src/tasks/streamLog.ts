import { countNewlines } from "./countNewlines";

/** Bytes kept of the start of a stream, so that a bounded answer can show how it began. */
const headLimit = 256 * 1024;
/** Bytes kept of its end while the task runs. */
const tailLimit = 4 * 1024 * 1024;
const maxBlock = 64 * 1024;
const newline = 0x0a;

/** A run of bytes of a stream, and where it starts. */
export interface Bytes {
  readonly from: number;
  readonly bytes: Buffer;
  /** The byte that came after them is no longer kept. */
  readonly cutOff: boolean;
}

/** One output stream in bounded memory: its head, its tail, and the offsets of what was dropped between them. */
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
    const intoHead = Math.max(0, Math.min(bytes.length, headLimit - this.total));
    if (intoHead > 0) this.fill(this.head, this.total, bytes.subarray(0, intoHead));
    if (intoHead < bytes.length) {
      this.fill(this.tail, this.total + intoHead, bytes.subarray(intoHead));
      this.tailBytes += bytes.length - intoHead;
    }
    this.total += bytes.length;
    this.dropOldTail();
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
    this.head = [new Block(first.from, first.bytes)];
    this.tail = [new Block(last.from + skip, Buffer.from(last.bytes.subarray(skip)))];
    this.tailBytes = last.bytes.length - skip;
    this.spare = undefined;
    this.memory = first.bytes.length + this.tailBytes;
  }

  /** At most `max` bytes in one run, from `offset` or from the first kept byte after it. */
  read(offset: number, max: number): Bytes {
    const parts: Buffer[] = [];
    let from = Math.min(offset, this.total);
    let wanted = max;
    let next = from;
    let cutOff = false;
    for (const block of this.blocksFrom(offset)) {
      if (parts.length === 0) next = from = Math.max(offset, block.start);
      cutOff = block.start > next;
      if (cutOff || wanted <= 0) break;
      const part = block.bytes().subarray(next - block.start, next - block.start + wanted);
      parts.push(part);
      next += part.length;
      wanted -= part.length;
    }
    return { from, bytes: Buffer.concat(parts), cutOff };
  }

  /** The last kept bytes, at most `max`, in one run. */
  readEnd(max: number): Bytes {
    return this.read(Math.max(0, this.total - max, this.firstOfLastRun()), max);
  }

  private firstOfLastRun(): number {
    const tailStart = this.tail[0]?.start;
    const headEnd = this.head.at(-1)?.end ?? 0;
    return tailStart === undefined || tailStart === headEnd ? 0 : tailStart;
  }

  private *blocksFrom(offset: number): Generator<Block> {
    for (const block of this.head) if (block.end > offset) yield block;
    // Binary search is not worth it: at most 64 blocks of 64 KiB.
    for (const block of this.tail) if (block.end > offset) yield block;
  }

  private dropOldTail(): void {
    for (let first = this.tail[0]; first && this.tailBytes > this.tailLimit; first = this.tail[0]) {
      this.tailBytes -= first.length;
      this.tail.shift();
      this.forgetSpare();
      this.spare = first.memory;
    }
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

/** Memory that is filled from the front; small for small outputs. */
class Block {
  constructor(
    readonly start: number,
    readonly memory: Buffer,
    public length = memory.length,
  ) {}

  get end(): number {
    return this.start + this.length;
  }

  bytes(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  /** @returns how many of the bytes it took. */
  take(bytes: Buffer): number {
    const taken = bytes.copy(this.memory, this.length);
    this.length += taken;
    return taken;
  }
}
