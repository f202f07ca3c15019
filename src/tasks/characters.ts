import type { Bytes } from "./streamLog";

const newline = 0x0a;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** As UTF-8: what is not becomes U+FFFD. */
export function decode(bytes: Buffer): string {
  return decoder.decode(bytes);
}

/** Leaves off the rest of a character whose start is not there. */
export function startAtCharacter(run: Bytes): Bytes {
  if (run.from === 0) return run;
  let skip = 0;
  while (skip < 3 && isContinuation(run.bytes[skip])) skip++;
  return { ...run, from: run.from + skip, bytes: run.bytes.subarray(skip) };
}

/** Leaves off the newlines at its end. */
export function withoutLastNewlines(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === newline) end--;
  return bytes.subarray(0, end);
}

/** How many bytes at the end begin a character that is not complete (RFC 3629, section 3). */
export function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back && byte < 0xf8 ? back : 0;
  }
  return 0;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}
