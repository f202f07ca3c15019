import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Disposable } from "../tasks/lifecycle";
import type { Logger } from "../tasks/logger";
import type { TaskStore } from "../tasks/taskStore";
import { prepareFolder, removeLeftovers } from "./journalFolder";
import { codeOf } from "./privateFile";
import { TaskJournal } from "./taskJournal";
import { WindowLease } from "./windowLease";

export interface WindowJournal extends TaskStore, Disposable {
  readonly lease: WindowLease;
}

/**
 * Opens the journal of this window, in a folder of its own below `root`. It takes over the tasks of windows that are gone,
 * each of which one window alone gets; those of windows that are there are left to them, until they end. Disposing it
 * leaves its tasks to the next.
 * @throws TaskError `journalNewer`; or Error with the code of a system call that failed
 */
export async function openWindowJournal(root: string, logger: Logger): Promise<WindowJournal> {
  await prepareFolder(root, logger);
  await removeLeftovers(root);
  const lease = await WindowLease.take(root);
  await inherit(root, lease.folder);
  const journal = await TaskJournal.open(lease.folder, logger);
  return Object.assign(journal, {
    lease,
    takeOver: () => inherit(root, lease.folder),
    dispose: () => lease.dispose(),
  });
}

/** A folder as a whole is moved into ours: one window only can do that. @returns whether there was one. */
async function inherit(root: string, ours: string): Promise<boolean> {
  let inherited = false;
  for (const name of await readdir(root)) {
    const theirs = join(root, name);
    if (!isWindow(name) || theirs === ours || (await WindowLease.isHeld(theirs))) continue;
    await rename(theirs, join(ours, name)).catch((error: unknown) => {
      // Another window was faster.
      if (codeOf(error) !== "ENOENT") throw error;
    });
  }
  for (let inner = await innerWindows(ours); inner.length > 0; inner = await innerWindows(ours)) {
    inherited = true;
    for (const name of inner) await unpack(join(ours, name), ours);
  }
  return inherited;
}

async function innerWindows(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter(isWindow);
}

/** Also what that window had taken over itself, and not unpacked yet. */
async function unpack(folder: string, into: string): Promise<void> {
  await WindowLease.clear(folder);
  for (const name of await readdir(folder)) {
    if (name !== "version") await rename(join(folder, name), join(into, name));
  }
  await rm(folder, { recursive: true });
}

export function isWindow(name: string): boolean {
  return /^window-[0-9a-f]{12}$/.test(name);
}
