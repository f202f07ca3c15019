import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, run } from "./childProcesses";
import { ownEnvironment, quietSettings, writeFiles } from "./codeFolders";
import { killByEnvironment } from "./processes";
import { repositoryRoot } from "./repo";

export interface DesktopCodeOptions {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly workspaceFiles: Readonly<Record<string, string>>;
}

/** The desktop's `code`, where one can show a window: not as root, not without a display, not inside a remote VS Code. */
export function findDesktopCode(): string | undefined {
  const { DISPLAY, WAYLAND_DISPLAY, VSCODE_IPC_HOOK_CLI } = process.env;
  const hasDisplay = process.platform !== "linux" || (DISPLAY ?? WAYLAND_DISPLAY) !== undefined;
  const usable = hasDisplay && VSCODE_IPC_HOOK_CLI === undefined && process.getuid?.() !== 0;
  return usable ? findProgram("code") : undefined;
}

/** Opens a window with this repository's extension, in folders of its own; close() ends it and removes them. */
export async function openDesktopCode(
  code: string,
  { settings, workspaceFiles }: DesktopCodeOptions,
): Promise<{ close(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-code-"));
  const mark = randomBytes(8).toString("hex");
  const close = async (): Promise<void> => {
    await killByEnvironment(`SSH_TASKS_CODE=${mark}`);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const user = { "settings.json": JSON.stringify({ ...quietSettings, ...settings }, null, 2) };
    await writeFiles(join(dir, "data/User"), user);
    await writeFiles(join(dir, "workspace"), workspaceFiles);
    const args = [
      "--new-window",
      `--user-data-dir=${join(dir, "data")}`,
      `--extensions-dir=${join(dir, "extensions")}`,
      `--extensionDevelopmentPath=${repositoryRoot()}`,
      join(dir, "workspace"),
    ];
    await run(code, args, { env: { ...ownEnvironment(), SSH_TASKS_CODE: mark } });
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}
