/** Takes a stream of bytes apart into lines, and keeps no more than `maxBytes()` of one that has not ended yet. */
export class LineReader {
  private kept = Buffer.alloc(0);
  private size = 0;
  /** Whether the rest of a line that was too long is still to come. */
  private skipping = false;

  constructor(private readonly maxBytes: () => number) {}

  /** The lines that end in this chunk, without their ends; undefined for one that is too long, as soon as it is. */
  *push(chunk: Buffer): Generator<string | undefined> {
    for (let start = 0; start < chunk.length;) {
      const end = chunk.indexOf("\n", start);
      const piece = chunk.subarray(start, end < 0 ? chunk.length : end);
      start += piece.length + 1;
      if (!this.skipping && this.size + piece.length > this.maxBytes()) {
        this.forget();
        this.skipping = true;
        yield undefined;
      }
      if (!this.skipping) this.keep(piece);
      if (end < 0) continue;
      if (!this.skipping) yield this.take();
      this.skipping = false;
    }
  }

  private keep(piece: Buffer): void {
    const size = this.size + piece.length;
    if (size > this.kept.length) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.kept.length));
      this.kept.copy(larger, 0, 0, this.size);
      this.kept = larger;
    }
    piece.copy(this.kept, this.size);
    this.size = size;
  }

  private take(): string {
    const line = this.kept.toString("utf8", 0, this.size);
    this.forget();
    return line.replace(/\r$/, "");
  }

  private forget(): void {
    this.kept = Buffer.alloc(0);
    this.size = 0;
  }
}
