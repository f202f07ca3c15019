const newline = 0x0a;
const newlines = 0x0a0a0a0a;
const low7Bits = 0x7f7f7f7f;
/** Words whose newlines are summed up in four bytes of one number before one of them could overflow. */
const run = 255;

/**
 * How many newlines there are. Every byte of every output passes here: lines of usual length are looked for one by one,
 * where the engine is fastest; from many short ones on, four bytes are looked at together.
 */
export function countNewlines(bytes: Buffer): number {
  const usual = bytes.length >> 6;
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) {
    count++;
    if (count > usual) return count + countDense(bytes.subarray(at + 1));
  }
  return count;
}

function countDense(bytes: Buffer): number {
  if (bytes.length < 8) return countEach(bytes, 0, bytes.length);
  const lead = (4 - (bytes.byteOffset & 3)) & 3;
  const words = (bytes.length - lead) >> 2;
  const tail = lead + words * 4;
  return (
    countEach(bytes, 0, lead) +
    countWords(new Int32Array(bytes.buffer, bytes.byteOffset + lead, words)) +
    countEach(bytes, tail, bytes.length)
  );
}

function countWords(words: Int32Array): number {
  let count = 0;
  for (let from = 0; from < words.length; from += run) {
    const to = Math.min(words.length, from + run);
    let sums = 0;
    for (let i = from; i < to; i++) {
      const zeroAtNewline = (words[i] ?? 0) ^ newlines;
      // The highest bit of each byte that is zero, and nothing else (Hacker's Delight, 6-1).
      const found = ~(((zeroAtNewline & low7Bits) + low7Bits) | zeroAtNewline | low7Bits);
      sums = (sums + (found >>> 7)) | 0;
    }
    count += (sums & 255) + ((sums >>> 8) & 255) + ((sums >>> 16) & 255) + (sums >>> 24);
  }
  return count;
}

function countEach(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (bytes[i] === newline) count++;
  return count;
}
