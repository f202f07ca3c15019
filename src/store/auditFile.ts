import { appendFile, chmod, mkdir, readdir, rename, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Audit, AuditRecord } from "../tasks/audit";
import type { Logger } from "../tasks/logger";
import { asError } from "../tasks/taskError";
import { deleteFile, unlessMissing } from "./privateFile";

/** Beyond it the file is put away and a new one begun. */
const maxBytes = 5 * 1024 * 1024;
/** Files that were put away; the oldest go. */
const maxFiles = 10;
/** Records that wait to be written; what comes on top of them is counted and lost. */
const maxWaiting = 10_000;

export interface AuditFileParts {
  /** Undefined where there is the log alone. */
  readonly path: string | undefined;
  readonly logger: Logger;
  /** Whether commands are written down, or their hashes alone. */
  readonly withCommands: () => boolean;
}

/**
 * A file (0600) with a JSON object a line. Several windows may share it: each line is appended in one write, and a file
 * that is put away gets a name that nobody else gives.
 */
export class AuditFile implements Audit {
  private readonly waiting: string[] = [];
  private lost = 0;
  private writing: Promise<void> | undefined;

  constructor(private readonly parts: AuditFileParts) {}

  record(record: AuditRecord): void {
    const line = JSON.stringify(onDisk(record, this.parts.withCommands()));
    this.parts.logger.info(`audit: ${line}`);
    const { path } = this.parts;
    if (path === undefined) return;
    if (this.waiting.length >= maxWaiting) this.lost++;
    else this.waiting.push(`${line}\n`);
    this.writing ??= this.writeAll(path);
  }

  /** Resolves once all that was recorded so far is on the disk, or could not be put there; never rejects. */
  async flush(): Promise<void> {
    await this.writing;
  }

  private async writeAll(path: string): Promise<void> {
    await Promise.resolve(); // for what is recorded in the same turn
    while (this.waiting.length > 0) {
      const lines = this.waiting.splice(0).join("");
      try {
        await append(path, lines);
      } catch (error) {
        const { message } = asError(error);
        this.parts.logger.error(
          `The audit file ${path} can't be written, and lacks what the log says: ${message}`,
        );
      }
    }
    if (this.lost > 0) {
      this.parts.logger.error(`The audit file ${path} lacks ${this.lost} records.`);
      this.lost = 0;
    }
    this.writing = undefined; // in the same turn as the last look at what waits
  }
}

async function append(path: string, lines: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const found = await stat(path).catch(() => undefined);
  if (found && found.size > maxBytes) await putAway(path);
  await appendFile(path, lines, { mode: 0o600 });
  if (found) await chmod(path, 0o600);
}

async function putAway(path: string): Promise<void> {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  // Another window may have done so since.
  await rename(path, `${path}.${stamp}.${process.pid}`).catch(unlessMissing);
  const names = await readdir(dirname(path));
  const old = names.filter((name) => isOf(basename(path), name)).sort();
  for (const name of old.slice(0, Math.max(0, old.length - maxFiles)))
    await deleteFile(join(dirname(path), name));
}

/** Whether it is a name that `putAway` gives. */
function isOf(file: string, name: string): boolean {
  return name.startsWith(`${file}.`) && /^\d{4}-[\dTZ-]+\.\d+$/.test(name.slice(file.length + 1));
}

/** Times of day in ISO 8601. */
function onDisk({ at, command, ...record }: AuditRecord, withCommand: boolean): object {
  return {
    time: new Date(at).toISOString(),
    ...(withCommand && { command }),
    ...("createdAt" in record
      ? { ...record, createdAt: new Date(record.createdAt).toISOString() }
      : record),
  };
}
