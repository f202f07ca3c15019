import type { OutputGap, OutputSlice } from "./outputLog";
import type { OutputStream } from "./remoteHost";

/** Turns slices of output into terminal text: both streams in one, and what is missing said where it is missing. */
export class OutputText {
  /** @param gapLine what stands for bytes that are not there; by default a line in a colour of the terminal */
  constructor(private readonly gapLine: (gap: OutputGap) => string = colouredGapLine) {}

  private last: OutputStream | undefined;
  private lineIsOpen = false;

  /** The text of the next slice. */
  add(slice: Pick<OutputSlice, OutputStream | "gaps">): string {
    return this.addStream("stdout", slice) + this.addStream("stderr", slice);
  }

  /** What ends an unfinished line, "" where there is none: for whoever writes something between. */
  breakLine(): string {
    const isOpen = this.lineIsOpen;
    this.lineIsOpen = false;
    return isOpen ? "\n" : "";
  }

  private addStream(stream: OutputStream, slice: Pick<OutputSlice, OutputStream | "gaps">): string {
    const gaps = slice.gaps.filter((gap) => gap.stream === stream);
    const text = gaps.map((gap) => this.gapLine(gap)).join("") + slice[stream];
    if (text === "") return "";
    // One stream's unfinished line does not run into the other's.
    const lineBreak = this.lineIsOpen && this.last !== stream ? "\n" : "";
    this.last = stream;
    this.lineIsOpen = !text.endsWith("\n");
    return lineBreak + text;
  }
}

/** Ends an escape sequence that the gap has cut (CAN), and takes a colour to which the theme's contrast applies. */
function colouredGapLine({ stream, from, to }: OutputGap): string {
  return `\x18\r\n\x1b[0;33;3m[${formatBytes(to - from)} of ${stream} not kept]\x1b[0m\r\n`;
}

/** As "3 bytes", "1.5 KiB" or "2.0 MiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
