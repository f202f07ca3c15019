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
