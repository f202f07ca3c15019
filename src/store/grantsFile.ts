import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Grant, GrantStore } from "../tasks/grant";
import type { Logger } from "../tasks/logger";
import { asError } from "../tasks/taskError";
import { amount, list, object, optional, text } from "./checks";
import { readFileUpTo, replaceFile } from "./privateFile";

const maxBytes = 1024 * 1024;
const maxGrants = 1000;

const checkGrants = list(
  object<Omit<Grant, "session">>({
    alias: text,
    machine: text,
    rule: optional(text),
    grantedAt: amount,
    // One that would never expire is no grant of ours.
    expiresAt: amount,
    client: text,
  }),
  maxGrants,
);

/** The grants that outlive a session, in a file (0600) that all windows read anew each time. */
export class GrantsFile implements GrantStore {
  private changing: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly logger: Pick<Logger, "error">,
  ) {}

  /** What can't be read holds no grant; never rejects. */
  async load(): Promise<readonly Grant[]> {
    try {
      const bytes = await readFileUpTo(this.path, maxBytes);
      return bytes ? checkGrants(JSON.parse(bytes.toString()), "grants") : [];
    } catch (error) {
      const { message } = asError(error);
      this.logger.error(`${this.path} can't be read, so none of its grants holds: ${message}`);
      return [];
    }
  }

  /** Rejects with an Error when the file can't be written. */
  change(edit: (grants: readonly Grant[]) => readonly Grant[]): Promise<void> {
    const change = this.changing.then(async () => {
      const grants = edit(await this.load()).slice(-maxGrants);
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      await replaceFile(this.path, JSON.stringify(grants, undefined, 1));
    });
    this.changing = change.catch(() => undefined);
    return change;
  }
}
