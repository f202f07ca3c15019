import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../tasks/logger";
import type { RemoteProcess } from "../tasks/remoteHost";
import type { Task } from "../tasks/task";
import { asError, TaskError } from "../tasks/taskError";
import type { OutputSnapshot, StoredTask, TaskStore } from "../tasks/taskStore";
import { prepareFolder, removeLeftovers, removeOrphans } from "./journalFolder";
import { LatestWork } from "./latestWork";
import { formatOutput, parseOutput } from "./outputFile";
import {
  codeOf,
  deleteFile,
  isSystemError,
  putAside,
  readFileUpTo,
  replaceFile,
} from "./privateFile";
import { formatTaskRecord, isTaskId, parseTaskRecord, type TaskRecord } from "./taskRecord";

const maxRecordBytes = 1024 * 1024;
const maxOutputBytes = 24 * 1024 * 1024;
const maxWrites = 4;
/** What is still to be put on the disk for a task. */
interface Wish {
  /** Whether what is there goes first. */
  readonly removed?: boolean;
  readonly record?: TaskRecord;
  readonly output?: OutputSnapshot;
}

/** Tasks in a folder: for each a file with its state and one with its output, which nobody else may read. */
export class TaskJournal implements TaskStore {
  private readonly work = new LatestWork<Wish>((id, wish) => this.fulfil(id, wish), maxWrites);
  /** States and removals that could not be put on the disk; outputs are too large to wait here. */
  private readonly failed = new Map<string, Wish>();
  private readonly logged = new Set<string>();
  /** What was removed since the tasks began to be loaded, for each who loads them. */
  private readonly removedMeanwhile = new Set<Set<string>>();

  private constructor(
    private readonly folder: string,
    private readonly logger: Logger,
  ) {}

  /**
   * Makes the folder if there is none, and clears it of what a crash has left. A folder that can't be used is logged,
   * and tried again with each save.
   * @throws TaskError `journalNewer` when a newer version wrote it; nothing in it is touched then
   */
  static async open(folder: string, logger: Logger): Promise<TaskJournal> {
    const journal = new TaskJournal(folder, logger);
    try {
      await prepareFolder(folder, logger);
      await removeLeftovers(folder);
    } catch (error) {
      if (error instanceof TaskError) throw error;
      journal.logFailure(error);
    }
    return journal;
  }

  /** The states of all are small, and say the order; outputs are read as they are asked for. */
  async *load(): AsyncGenerator<StoredTask, undefined> {
    const removed = new Set<string>();
    this.removedMeanwhile.add(removed);
    try {
      for (const record of await this.readRecords()) {
        const output = await this.readOutput(record.task.id);
        if (!removed.has(record.task.id)) yield output ? { ...record, output } : record;
      }
    } finally {
      this.removedMeanwhile.delete(removed);
    }
  }

  saveTask(task: Task, process: RemoteProcess | undefined): void {
    this.want(task.id, { record: process ? { task, process } : { task } });
  }

  saveOutput(taskId: string, output: OutputSnapshot): void {
    this.want(taskId, { output });
  }

  remove(taskId: string): void {
    for (const removed of this.removedMeanwhile) removed.add(taskId);
    this.want(taskId, { removed: true });
  }

  saved(taskId: string): Promise<void> {
    return this.work.doneWith(taskId);
  }

  flush(): Promise<void> {
    return this.work.done();
  }

  private want(id: string, wish: Wish): void {
    if (!this.accepts(id)) return;
    const earlier = this.work.pending(id) ?? this.failed.get(id);
    this.failed.delete(id);
    this.work.want(id, combine(earlier, wish));
  }

  private accepts(id: string): boolean {
    if (isTaskId(id)) return true;
    this.logger.error("A task whose id is none is not kept in the journal.");
    return false;
  }

  /** Never rejects. The state goes before the output, so that there is none without the other. */
  private async fulfil(id: string, { removed, record, output }: Wish): Promise<void> {
    const isKept = await this.attempt(async () => {
      if (removed) await this.deleteFiles(id);
      if (record) await this.writeRecord(id, record);
      return true;
    });
    if (!isKept) this.tryLater(id, { removed, record });
    else if (record) this.retryFailed();
    if (output)
      await this.attempt(() =>
        this.write(`${nameOf(id)}.output`, formatOutput(id, output), maxOutputBytes),
      );
  }

  private tryLater(id: string, wish: Wish): void {
    const later = this.work.pending(id);
    if (later) this.work.want(id, combine(wish, later));
    else this.failed.set(id, wish);
  }

  /** There is room again. */
  private retryFailed(): void {
    for (const [id, wish] of this.failed) this.work.want(id, wish, { isLate: true });
    this.failed.clear();
  }

  private async deleteFiles(id: string): Promise<void> {
    await deleteFile(join(this.folder, `${nameOf(id)}.json`));
    await deleteFile(join(this.folder, `${nameOf(id)}.output`));
  }

  /** A start waits for the first: it outlives this process as soon as the kernel has it. */
  private writeRecord(id: string, record: TaskRecord): Promise<void> {
    const sync = record.task.status !== "pending";
    return this.write(`${nameOf(id)}.json`, formatTaskRecord(record), maxRecordBytes, sync);
  }

  private async write(
    name: string,
    data: string | Buffer,
    maxBytes: number,
    sync = true,
  ): Promise<void> {
    if (Buffer.byteLength(data) > maxBytes) {
      this.logger.error(
        `${join(this.folder, name)} is not written: it would have over ${maxBytes} bytes.`,
      );
      return;
    }
    await replaceFile(join(this.folder, name), data, { sync }).catch(async (error: unknown) => {
      if (codeOf(error) !== "ENOENT") throw error;
      await prepareFolder(this.folder, this.logger);
      await replaceFile(join(this.folder, name), data, { sync });
    });
  }

  private async readRecords(): Promise<readonly TaskRecord[]> {
    const names = (await this.attempt(() => readdir(this.folder))) ?? [];
    const records: TaskRecord[] = [];
    for (const name of names) {
      const record = name.endsWith(".json") ? await this.readRecord(name) : undefined;
      if (record) records.push(record);
    }
    await this.attempt(() => removeOrphans(this.folder, names));
    return records.sort(
      ({ task: a }, { task: b }) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1),
    );
  }

  private readRecord(name: string): Promise<TaskRecord | undefined> {
    const outputName = name.replace(/json$/, "output");
    return this.readOrPutAside([name, outputName], maxRecordBytes, (file) => {
      const read = parseTaskRecord(file.toString("utf8"));
      if (`${nameOf(read.task.id)}.json` !== name)
        throw new Error("It has the name of another task");
      return read;
    });
  }

  private readOutput(id: string): Promise<OutputSnapshot | undefined> {
    const parse = (file: Buffer): OutputSnapshot => parseOutput(id, file);
    return this.readOrPutAside([`${nameOf(id)}.output`], maxOutputBytes, parse);
  }

  /** Reads the first of the files. What can't be used is kept under another name, for who wants to look. */
  private async readOrPutAside<T>(
    names: readonly [string, ...string[]],
    maxBytes: number,
    parse: (file: Buffer) => T,
  ): Promise<T | undefined> {
    const path = join(this.folder, names[0]);
    try {
      const file = await readFileUpTo(path, maxBytes);
      return file && parse(file);
    } catch (error) {
      this.logger.warn(`${path} is left out. ${describe(error)}.`);
      if (isSystemError(error)) return undefined;
      for (const name of names)
        await this.attempt(() => putAside(join(this.folder, name)), ["ENOENT"]);
      return undefined;
    }
  }

  /** @returns undefined when it failed, which is logged unless it was expected. */
  private async attempt<T>(
    step: () => Promise<T>,
    expected: readonly string[] = [],
  ): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      if (!expected.includes(codeOf(error))) this.logFailure(error);
      return undefined;
    }
  }

  /** Once for each kind: a full disk fails every write. */
  private logFailure(error: unknown): void {
    const code = codeOf(error);
    if (this.logged.has(code)) return;
    this.logged.add(code);
    this.logger.error(
      `The task journal in ${this.folder} can't be kept. ${describe(error)}. What is not in it is gone after a reload.`,
    );
  }
}

/** A removal leaves nothing of what was wanted before it. */
function combine(earlier: Wish | undefined, later: Wish): Wish {
  if (!earlier || later.removed) return later;
  return {
    removed: earlier.removed,
    record: later.record ?? earlier.record,
    output: later.output ?? earlier.output,
  };
}

/** A colon may not be in a file name on Windows, and a dot is not in any id. */
function nameOf(id: string): string {
  return id.replaceAll(":", ".");
}

/** Of our own checks, or of a system call, which says its code and the path; a parser would quote what it read. */
function describe(error: unknown): string {
  return error instanceof SyntaxError ? "It is not JSON" : asError(error).message;
}
