import type { OutputStream } from "../tasks/remoteHost";

/** What `remote/durable.pl` says of one task. */
export interface DurableEvents {
  /** The main process runs; the words are those of leader.sh. */
  onStarted(words: readonly string[]): void;
  /** Bytes of a stream, and the offset of the first of them. */
  onOutput(stream: OutputStream, bytes: Buffer, offset: number): void;
  /** Bytes `from` up to `to` are no longer kept on the host. */
  onGap(stream: OutputStream, from: number, to: number): void;
  /** Nothing more is said of it. The words are those behind `end ID` (see durable.pl). */
  onEnd(words: readonly string[]): void;
}

export interface DurableFrameEvents {
  /** `READY` or `UNABLE`: the one line that is of no task. */
  onWord(word: string): void;
  /** Who hears of this task; undefined when nobody does any more. */
  eventsOf(taskId: string): DurableEvents | undefined;
}

const newline = 0x0a;
/** A line of ours is shorter; a hostile host gets no more of our memory for one. */
const maxLine = 4096;
/** Of one frame: more than durable.pl ever sends. */
const maxPayload = 1024 * 1024;

/** Takes what durable.pl says apart: lines behind a nonce, some followed by bytes; what is before them is noise. */
export class DurableFrames {
  private held: Buffer = Buffer.alloc(0);
  private payload: { readonly words: readonly string[]; offset: number; left: number } | undefined;

  constructor(
    private readonly nonce: string,
    private readonly events: DurableFrameEvents,
  ) {}

  push(chunk: Buffer): void {
    let rest = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk;
    while (rest.length > 0) {
      const used = this.payload ? this.readPayload(this.payload, rest) : this.readLine(rest);
      if (used === 0) break;
      rest = rest.subarray(used);
    }
    this.held = rest.length > 0 ? Buffer.from(rest) : Buffer.alloc(0);
  }

  /** Given on as it comes, so that nothing waits for the end of a large frame. */
  private readPayload(payload: NonNullable<DurableFrames["payload"]>, bytes: Buffer): number {
    const part = bytes.subarray(0, payload.left);
    const [id = "", stream] = payload.words;
    this.events.eventsOf(id)?.onOutput(asStream(stream), part, payload.offset);
    payload.offset += part.length;
    payload.left -= part.length;
    if (payload.left === 0) this.payload = undefined;
    return part.length;
  }

  /** @returns how many bytes it took: 0 when the line is not complete. */
  private readLine(bytes: Buffer): number {
    const end = bytes.indexOf(newline);
    if (end < 0) return bytes.length > maxLine ? bytes.length : 0;
    const [nonce, verb = "", ...words] = bytes.toString("latin1", 0, end).split(" ");
    if (nonce === this.nonce) this.take(verb, words);
    return end + 1;
  }

  private take(verb: string, words: readonly string[]): void {
    const [id = "", ...rest] = words;
    const [stream, first, second] = rest;
    switch (verb) {
      case "started":
        this.events.eventsOf(id)?.onStarted(rest);
        return;
      case "data": {
        const left = asCount(second);
        if (left > 0 && left <= maxPayload) this.payload = { words, offset: asCount(first), left };
        return;
      }
      case "gap":
        this.events.eventsOf(id)?.onGap(asStream(stream), asCount(first), asCount(second));
        return;
      case "end":
        this.events.eventsOf(id)?.onEnd(rest);
        return;
      default:
        this.events.onWord(verb);
    }
  }
}

function asStream(word: string | undefined): OutputStream {
  return word === "stderr" ? "stderr" : "stdout";
}

function asCount(word: string | undefined): number {
  return /^\d{1,15}$/.test(word ?? "") ? Number(word) : 0;
}
