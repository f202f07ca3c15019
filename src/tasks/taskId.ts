import { createHash } from "node:crypto";

/** First 16 hex characters of the SHA-256 of the command's UTF-8 bytes. */
export function hashCommand(command: string): string {
  return createHash("sha256").update(command, "utf8").digest("hex").slice(0, 16);
}

/** Makes ids `alias:hash:timestamp`, the timestamp in microseconds since the Unix epoch and never given twice. */
export class TaskIds {
  private last = 0;

  constructor(private readonly now: () => number) {}

  next(alias: string, commandHash: string): string {
    this.last = Math.max(Math.trunc(this.now() * 1000), this.last + 1);
    return `${alias.replace(/[^A-Za-z0-9_-]/g, "_")}:${commandHash}:${this.last}`;
  }
}
