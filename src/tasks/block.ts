/** Bytes in a row of an output stream, in memory that is filled from the front; small for small outputs. */
export class Block {
  constructor(
    readonly start: number,
    public memory: Buffer,
    public length = memory.length,
  ) {}

  get end(): number {
    return this.start + this.length;
  }

  bytes(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  /** Gives up the memory that it doesn't fill. @returns how much that was. */
  trim(): number {
    const unused = this.memory.length - this.length;
    if (unused > 0) this.memory = copyOf(this.bytes());
    return unused;
  }

  /** @returns how many of the bytes it took. */
  take(bytes: Buffer): number {
    const taken = bytes.copy(this.memory, this.length);
    this.length += taken;
    return taken;
  }
}

/** In memory of its own: a small piece never keeps a large one alive. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
