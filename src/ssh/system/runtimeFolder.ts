import { rmSync } from "node:fs";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Disposable } from "../../tasks/lifecycle";
import { quoteForShell } from "../../tasks/quoteForShell";
import askpassCode from "./askpass.ts?thread";
import { AskpassServer } from "./askpassServer";
import readyScript from "./ready.sh";

/** The files that ssh processes of this window need, in a folder that nobody else can enter; gone with the window. */
export class RuntimeFolder implements Disposable {
  private names = 0;

  private constructor(
    readonly path: string,
    readonly askpass: AskpassServer,
  ) {}

  /** Rejects with an Error where no folder can be made. */
  static async create(): Promise<RuntimeFolder> {
    // Sockets lie in it, whose names must be short (unix(7): 108 bytes, 104 on macOS).
    const path = await mkdtemp(join(tmpdir(), "ssh-tasks-"));
    await writeFile(join(path, "askpass.js"), askpassCode, { mode: 0o600 });
    await writeFile(join(path, "ready"), readyScript, { mode: 0o600 });
    await writeFile(join(path, "askpass"), askpassScript(path), { mode: 0o700 });
    await chmod(join(path, "askpass"), 0o700); // whatever the umask
    return new RuntimeFolder(path, await AskpassServer.listen(join(path, "askpass.sock")));
  }

  /** A name in it that nobody has had. */
  next(): string {
    return join(this.path, String(++this.names));
  }

  dispose(): void {
    this.askpass.dispose();
    // At once, as the process may be about to end.
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** In VS Code this program is Electron, which is node where it is told so. */
function askpassScript(path: string): string {
  const [program, code] = [process.execPath, join(path, "askpass.js")].map(quoteForShell);
  return `#!/bin/sh\nunset NODE_OPTIONS\nELECTRON_RUN_AS_NODE=1 exec ${program} ${code} "$@"\n`;
}
