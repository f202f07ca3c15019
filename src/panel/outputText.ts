import type { OutputStream } from "../tasks/remoteHost";
import type { OutputAnswer } from "./protocol";

/** Turns answers into terminal text: both streams in one, and what is missing said where it is missing. */
export class OutputText {
  private last: OutputStream | undefined;
  private lineIsOpen = false;

  /** The text of the next answer. */
  add(answer: Pick<OutputAnswer, OutputStream | "gaps">): string {
    return this.addStream("stdout", answer) + this.addStream("stderr", answer);
  }

  private addStream(
    stream: OutputStream,
    answer: Pick<OutputAnswer, OutputStream | "gaps">,
  ): string {
    const gaps = answer.gaps.filter((gap) => gap.stream === stream);
    const text = gaps.map(gapLine).join("") + answer[stream];
    if (text === "") return "";
    // One stream's unfinished line does not run into the other's.
    const lineBreak = this.lineIsOpen && this.last !== stream ? "\n" : "";
    this.last = stream;
    this.lineIsOpen = !text.endsWith("\n");
    return lineBreak + text;
  }
}

/** Ends an escape sequence that the gap has cut (CAN), and takes a colour to which the theme's contrast applies. */
function gapLine({ stream, from, to }: OutputAnswer["gaps"][number]): string {
  return `\x18\r\n\x1b[0;33;3m[${formatBytes(to - from)} of ${stream} not kept]\x1b[0m\r\n`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
