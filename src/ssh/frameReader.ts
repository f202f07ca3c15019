/** What a framed stream begins with, after its noise: the words behind BEGIN. */
export interface FrameEvents {
  onBegin(words: readonly string[]): void;
  onBytes(bytes: Buffer): void;
  /** Also where nothing has begun: then the noise is all there was. */
  onEnd(words: readonly string[]): void;
}

const newline = 0x0a;
/** A BEGIN or END line is a few words; a longer one is not ours. */
const maxLine = 1024;

/**
 * Takes one output stream apart: noise of the user's rc files, a line `NONCE BEGIN …`, the command's own bytes exactly,
 * a line `NONCE END …`. Each line comes with a newline before it that is not the command's. What follows END is dropped.
 */
export class FrameReader {
  private state: "noise" | "bytes" | "ended" = "noise";
  private held: Buffer = Buffer.alloc(0);
  private readonly begin: Buffer;
  private readonly end: Buffer;

  constructor(
    nonce: string,
    private readonly events: FrameEvents,
  ) {
    this.begin = Buffer.from(`\n${nonce} BEGIN`);
    this.end = Buffer.from(`\n${nonce} END`);
  }

  /** Noise seen so far, its last 200 characters: what a host says that doesn't run our script. */
  noise = "";

  push(chunk: Buffer): void {
    let rest: Buffer | undefined = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk;
    this.held = Buffer.alloc(0);
    while (rest && this.state !== "ended") rest = this.step(rest);
  }

  /** Reads up to the next line of ours. @returns what is left to read, undefined when more has to come first. */
  private step(bytes: Buffer): Buffer | undefined {
    const found = firstOf(this.markers, bytes);
    if (!found) {
      const starts = this.markers.map((marker) => possibleStart(bytes, marker));
      const safe = bytes.length - Math.max(...starts);
      this.give(bytes.subarray(0, safe));
      this.held = bytes.subarray(safe);
      return undefined;
    }
    const { at, marker } = found;
    const lineEnd = bytes.indexOf(newline, at + marker.length);
    if (lineEnd < 0 && bytes.length - at < maxLine) {
      this.give(bytes.subarray(0, at));
      this.held = bytes.subarray(at);
      return undefined;
    }
    this.give(bytes.subarray(0, at));
    const line = bytes.subarray(at + marker.length, lineEnd < 0 ? bytes.length : lineEnd);
    this.enter(marker, line.toString("latin1").trim().split(" "));
    return bytes.subarray(lineEnd < 0 ? bytes.length : lineEnd + 1);
  }

  /** What is looked for: once it has begun, the end alone. */
  private get markers(): readonly Buffer[] {
    return this.state === "noise" ? [this.begin, this.end] : [this.end];
  }

  private enter(marker: Buffer, words: readonly string[]): void {
    if (marker === this.begin) {
      this.state = "bytes";
      this.events.onBegin(words);
    } else {
      this.state = "ended";
      this.events.onEnd(words);
    }
  }

  private give(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.state === "bytes") this.events.onBytes(bytes);
    else this.noise = (this.noise + bytes.subarray(-800).toString("utf8")).slice(-200);
  }
}

function firstOf(
  markers: readonly Buffer[],
  bytes: Buffer,
): { readonly at: number; readonly marker: Buffer } | undefined {
  let first: { at: number; marker: Buffer } | undefined;
  for (const marker of markers) {
    const at = bytes.indexOf(marker);
    if (at >= 0 && (!first || at < first.at)) first = { at, marker };
  }
  return first;
}

/** How many bytes at the end could be the start of the marker; it holds one newline, its first byte. */
function possibleStart(bytes: Buffer, marker: Buffer): number {
  const from = bytes.lastIndexOf(newline);
  const length = from < 0 ? 0 : bytes.length - from;
  return length < marker.length && bytes.subarray(from).equals(marker.subarray(0, length))
    ? length
    : 0;
}
