import { readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const pauseMs = 10;

/** Looks for secrets where others can see them, as long as a test signs in: in processes, and in temporary files. */
export class SecretWatch {
  /** Where a secret was seen. */
  readonly found = new Set<string>();
  /** The command lines of all processes that there were. */
  readonly commands = new Set<string>();
  private readonly timer: NodeJS.Timeout;

  /** `exempt` says of a command line whether the environment of its process may have secrets in it. */
  constructor(
    t: TestContext,
    private readonly secrets: readonly string[],
    private readonly exempt: (command: string) => boolean = () => false,
  ) {
    this.timer = setInterval(() => this.look(), pauseMs);
    t.after(() => clearInterval(this.timer));
  }

  /** Looks a last time, at these files too. */
  stop(folders: readonly string[]): void {
    clearInterval(this.timer);
    this.look();
    for (const folder of folders) this.lookInto(folder);
  }

  /** Whether a text has a secret in it, which counts as found there. */
  check(where: string, text: string): void {
    if (this.secrets.some((secret) => text.includes(secret))) this.found.add(where);
  }

  private look(): void {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const command = this.lookAt(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
      this.commands.add(command);
      if (!this.exempt(command)) this.lookAt(`/proc/${pid}/environ`);
    }
    const own = readdirSync(tmpdir()).filter((name) => name.startsWith("ssh-tasks-"));
    for (const name of own) this.lookInto(join(tmpdir(), name));
  }

  private lookInto(path: string): void {
    try {
      if (statSync(path).isDirectory())
        for (const name of readdirSync(path)) this.lookInto(join(path, name));
      else if (statSync(path).isFile()) this.lookAt(path);
    } catch {
      // It is gone meanwhile.
    }
  }

  private lookAt(file: string): string {
    try {
      const text = readFileSync(file, "utf8");
      this.check(file, text);
      return text;
    } catch {
      return ""; // gone, or not for us to read
    }
  }
}
