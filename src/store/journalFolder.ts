import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../tasks/logger";
import { journalNewer } from "../tasks/taskError";
import {
  ageOf,
  deleteFile,
  isPutAside,
  isSystemError,
  isTemporary,
  putAside,
  readFileUpTo,
  replaceFile,
} from "./privateFile";

const version = 1;
/** Files of a write that was never finished, and outputs without a task, are of a crash when they are as old. */
const leftoverMs = 60_000;
/** What was put aside is there for who wants to look, and for no longer. */
const brokenMs = 30 * 24 * 3_600_000;

/**
 * Makes the folder (0700) if there is none, and says in it which version of the journal it has.
 * @throws TaskError `journalNewer`, and nothing is touched then; or Error with the code of a system call that failed
 */
export async function prepareFolder(folder: string, logger: Pick<Logger, "warn">): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "version");
  const found = await readFileUpTo(path, 100).catch((error: unknown) => {
    if (isSystemError(error)) throw error;
    return Buffer.from("unreadable");
  });
  if (Number.parseInt(found?.toString() ?? "", 10) > version) throw journalNewer(folder);
  await chmod(folder, 0o700);
  if (found?.toString().trim() === String(version)) return;
  if (found) {
    logger.warn(`${path} names no version, and is now version.broken.`);
    await putAside(path);
  }
  await replaceFile(path, `${version}\n`);
}

/** Removes the files of writes that a crash interrupted, and those that were put aside long ago; never a folder. */
export async function removeLeftovers(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  await removeOld(folder, names.filter(isTemporary), leftoverMs);
  await removeOld(folder, names.filter(isPutAside), brokenMs);
}

/** Removes the outputs, of these files, whose tasks were removed just before a crash. */
export async function removeOrphans(folder: string, names: readonly string[]): Promise<void> {
  const all = new Set(names);
  const isOrphan = (name: string): boolean =>
    name.endsWith(".output") && !all.has(name.replace(/output$/, "json"));
  await removeOld(folder, names.filter(isOrphan), leftoverMs);
}

async function removeOld(folder: string, names: readonly string[], ms: number): Promise<void> {
  for (const path of names.map((name) => join(folder, name)))
    if (((await ageOf(path)) ?? 0) > ms) await deleteFile(path);
}
