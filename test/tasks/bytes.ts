import fc from "fast-check";

export const KiB = 1024;
export const MiB = 1024 * KiB;

/** Bytes of which every four say where they are, so that nothing can be mistaken for its neighbour. */
export function numberedBytes(length: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(length / 4) * 4);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(at, at);
  return bytes.subarray(0, length);
}

export function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** Bytes that make, break and nearly make characters. */
const trickyByte = fc.constantFrom(
  ...[0x41, 0x0a, 0x80, 0x82, 0x9f, 0xa9, 0xac, 0xbb, 0xbf, 0xc0, 0xc3, 0xe0, 0xe2, 0xed, 0xef],
  ...[0xf0, 0xf4, 0xf5, 0xf8, 0xff, 0x90],
);
export const trickyBytes = fc
  .array(trickyByte, { maxLength: 40 })
  .map((bytes) => Buffer.from(bytes));
