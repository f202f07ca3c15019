import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { TaskJournal } from "../../src/store/taskJournal";
import type { Logger } from "../../src/tasks/logger";
import { OutputLog } from "../../src/tasks/outputLog";
import type { RemoteProcess } from "../../src/tasks/remoteHost";
import type { OutputSnapshot, StoredTask, TaskStore } from "../../src/tasks/taskStore";
import { Cleanup } from "../support/cleanup";
import { createTask } from "../tasks/samples";

export const remoteProcess: RemoteProcess = {
  pid: 42,
  startTime: "123456",
  bootId: "b00t",
  hostAddress: "192.0.2.1",
  supervisor: "41",
  reaper: "reaper",
  durable: true,
};

/** The id of `task`, and the names of its files. */
export const task = createTask("running");
export const taskFile = "build01.e3b0c44298fc1c14.1767225600000000.json";
export const outputFile = "build01.e3b0c44298fc1c14.1767225600000000.output";

/** What some commands wrote, with a gap in it. */
export function createOutput(stdout = "hello\n", stderr = "oh\n"): OutputSnapshot {
  const log = new OutputLog();
  log.append("stdout", Buffer.from(stdout));
  log.skipTo("stdout", log.size.stdout + 100);
  log.append("stdout", Buffer.from("bye\n"));
  log.append("stderr", Buffer.from(stderr));
  return log.snapshot();
}

/** All that is kept. */
export async function loadAll(store: TaskStore): Promise<StoredTask[]> {
  const loaded: StoredTask[] = [];
  for await (const stored of store.load()) loaded.push(stored);
  return loaded;
}

/** A folder for a journal that goes away with the test, and what was logged of it. */
export async function createFolder(t: TestContext): Promise<{
  folder: string;
  said: string[];
  open: () => Promise<TaskJournal>;
  list: () => Promise<string[]>;
  cleanup: Cleanup;
}> {
  const parent = await mkdtemp(join(tmpdir(), "ssh-tasks-journal-"));
  const cleanup = new Cleanup();
  cleanup.add(() => rm(parent, { recursive: true, force: true }));
  t.after(() => cleanup.run());
  const folder = join(parent, "journal");
  const said: string[] = [];
  const say = (message: string): number => said.push(message);
  const logger: Logger = { debug: say, info: say, warn: say, error: say };
  return {
    folder,
    said,
    open: () => TaskJournal.open(folder, logger),
    list: async () => (await readdir(folder)).sort(),
    cleanup,
  };
}
