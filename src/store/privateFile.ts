import { constants } from "node:fs";
import { lstat, lutimes, open, rename, rm, writeFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * All of a regular file, undefined when there is none.
 * @throws Error when it is another kind of file (a link is not followed), has more than `maxBytes`, or can't be read.
 */
export async function readFileUpTo(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const kind = await lstat(path).catch(unlessMissing);
  if (!kind) return undefined;
  if (!kind.isFile()) throw new Error("It is not a regular file");
  // Should it have become a link or a pipe since: it is not followed, and not waited for.
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(unlessMissing);
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    if (size > maxBytes)
      throw new Error(`It has ${size} bytes, ${maxBytes} is the most that is read`);
    const bytes = Buffer.allocUnsafeSlow(size);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < size; filled += read)
      read = (await file.read(bytes, filled, size - filled, filled)).bytesRead;
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/**
 * Replaces a file (0600), or leaves the one there was as it is. What is there and is no regular file is put aside. Without
 * `sync` the new one may be lost with the machine, though not with the process.
 * @throws Error with the code of the system call that failed
 */
export async function replaceFile(
  path: string,
  data: string | Buffer,
  { sync = true } = {},
): Promise<void> {
  const kind = await lstat(path).catch(unlessMissing);
  // A link would be followed, and what it names replaced.
  if (kind && !kind.isFile()) await putAside(path);
  // Written whole before the rename: write-file-atomic itself takes a short write, as of a disk that gets full, for one
  // that went well.
  const fill = (temporary: string): Promise<void> => writeFile(temporary, data);
  const options = { mode: 0o600, fsync: sync, tmpfileCreated: fill };
  await writeFileAtomic(path, "", options);
}

/** Gives a file the name that says it can't be used, and the time of now: since then nobody has looked at it. */
export async function putAside(path: string): Promise<void> {
  const now = new Date();
  await rename(path, `${path}.broken`);
  await lutimes(`${path}.broken`, now, now).catch(() => undefined); // then its age is that of what it holds
}

/** Whether it is a name that `putAside` gives. */
export function isPutAside(name: string): boolean {
  return /^(?:version|.+\.(?:json|output))\.broken$/.test(name);
}

/** Makes an empty file that shows whoever asked for this name that one may write here. */
export async function giveProof(path: string): Promise<void> {
  await writeFile(path, "", { mode: 0o600, flag: "wx" });
}

/** Whether somebody has made it; removes it. */
export async function takeProof(path: string): Promise<boolean> {
  const kind = await lstat(path).catch(unlessMissing);
  if (!kind?.isFile()) return false;
  await deleteFile(path);
  return true;
}

/** Does nothing when there is none. */
export async function deleteFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Whether it is a name that write-file-atomic gives to a file that it has not finished. */
export function isTemporary(name: string): boolean {
  return /^(?:version|.+\.(?:json|output))\.\d{1,10}$/.test(name);
}

/** @returns milliseconds since it was last written, undefined when there is none. */
export async function ageOf(path: string): Promise<number | undefined> {
  const kind = await lstat(path).catch(unlessMissing);
  return kind && Date.now() - kind.mtimeMs;
}

/** To be caught with: that there is no such file is no failure. */
export function unlessMissing(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

/** Whether it is what a system call failed with, and so says nothing of what a file holds. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** The code of a failed system call, else the name of the error. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
