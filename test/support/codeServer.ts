import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boundToParent, endProcessGroup, run } from "./childProcesses";
import { ownEnvironment, quietSettings, writeFiles } from "./codeFolders";
import { eventually } from "./eventually";
import { freePort } from "./loopback";
import { killByEnvironment } from "./processes";
import { ensureCodeServer } from "./toolCache";

export interface CodeServerOptions {
  /** Extensions to install. */
  readonly vsix: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Variables that reach the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the folder it opens, by path. */
  readonly workspaceFiles?: Readonly<Record<string, string>>;
  /** Further files of its `User` folder, by name. */
  readonly userFiles?: Readonly<Record<string, string>>;
  /** Asked for in the browser; without one anybody on this machine gets in. */
  readonly password?: string;
  readonly port?: number;
}

/** A real VS Code, served to browsers, with a folder of its own. */
export interface CodeServer {
  /** Opens the workspace. */
  readonly url: string;
  readonly dir: string;
  readonly workspace: string;
  /** Ends it with everything it started, terminals too, and removes its folder. */
  close(): Promise<void>;
}

/** Installs the extensions into a fresh VS Code and resolves once it listens. */
export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  const { node, entry } = await ensureCodeServer();
  const port = options.port ?? (await freePort());
  const folders = await writeFolders(options);
  const { dir, workspace } = folders;
  const mark = randomBytes(8).toString("hex");
  const env = { ...ownEnvironment(), ...options.env, SSH_TASKS_CODE: mark };
  let child: ChildProcess | undefined;
  const close = async (): Promise<void> => {
    if (child) await endProcessGroup(child);
    await killByEnvironment(`SSH_TASKS_CODE=${mark}`);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const common = [entry, ...folderFlags(folders)];
    const extensions = options.vsix.flatMap((file) => ["--install-extension", file]);
    if (extensions.length > 0) await run(node, [...common, ...extensions], { env });
    child = serve(node, [...common, ...serverFlags(port, options), workspace], { dir, env });
    await listening(child, port, dir);
  } catch (error) {
    await close();
    throw error;
  }
  const url = `http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`;
  return { url, dir, workspace, close };
}

interface Folders {
  readonly dir: string;
  readonly config: string;
  readonly data: string;
  readonly extensions: string;
  readonly workspace: string;
}

async function writeFolders(options: CodeServerOptions): Promise<Folders> {
  const { password, settings, userFiles, workspaceFiles = {} } = options;
  const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-code-"));
  const folders = {
    dir,
    config: join(dir, "config.yaml"),
    data: join(dir, "data"),
    extensions: join(dir, "extensions"),
    workspace: join(dir, "workspace"),
  };
  const auth =
    password === undefined
      ? ["auth: none"]
      : ["auth: password", `password: ${JSON.stringify(password)}`];
  await writeFile(folders.config, `${auth.join("\n")}\n`, { mode: 0o600 });
  const settingsFile = JSON.stringify({ ...quietSettings, ...settings }, null, 2);
  await writeFiles(join(folders.data, "User"), { "settings.json": settingsFile, ...userFiles });
  await writeFiles(folders.extensions, {});
  await writeFiles(folders.workspace, workspaceFiles);
  return folders;
}

function folderFlags({ config, data, extensions }: Folders): string[] {
  return ["--config", config, "--user-data-dir", data, "--extensions-dir", extensions];
}

function serverFlags(port: number, { password }: CodeServerOptions): string[] {
  return [
    ...["--auth", password === undefined ? "none" : "password", "--bind-addr", `127.0.0.1:${port}`],
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-workspace-trust",
    "--disable-getting-started-override",
  ];
}

function serve(
  node: string,
  args: readonly string[],
  { dir, env }: { dir: string; env: NodeJS.ProcessEnv },
): ChildProcess {
  const log = openSync(join(dir, "log"), "w", 0o600);
  const child = spawn(...boundToParent(node, args), {
    env,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return child;
}

async function listening(child: ChildProcess, port: number, dir: string): Promise<void> {
  const answer = await eventually(
    "code-server answers",
    async () => {
      if (child.exitCode !== null) return "ended";
      return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok && "healthy";
    },
    30_000,
  );
  if (answer === "ended")
    throw new Error(`code-server ended at once:\n${await readFile(join(dir, "log"), "utf8")}`);
}
