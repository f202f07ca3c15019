import {
  execFile,
  spawn,
  type ChildProcess,
  type ExecFileOptions,
  type SpawnOptions,
} from "node:child_process";
import { once } from "node:events";
import { constants, accessSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "./eventually";
import { kill, listProcesses } from "./processes";

const execute = promisify(execFile);

/** Runs a program to its end and gives what it printed; rejects with its error output when it fails. */
export async function run(
  file: string,
  args: readonly string[],
  options: Pick<ExecFileOptions, "cwd" | "env" | "timeout"> = {},
): Promise<string> {
  const { stdout } = await execute(file, args, {
    maxBuffer: 64 * 1024 * 1024,
    ...options,
    encoding: "utf8",
  });
  return stdout;
}

/** Runs a program whose output the person sees; rejects when it fails. */
export async function runVisibly(
  file: string,
  args: readonly string[],
  options: Pick<SpawnOptions, "cwd" | "env" | "signal"> = {},
): Promise<void> {
  const child = spawn(file, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (code !== 0)
    throw new Error(
      `${[file, ...args].join(" ")} ended with ${signal ?? `exit code ${code ?? "unknown"}`}`,
    );
}

/** The absolute path of a program on PATH or among the system's daemons; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
  ];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The same, for a program that has to be there. */
export function requireProgram(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

/** The same program and arguments, where possible started so that it gets SIGTERM when this process dies unasked. */
export function boundToParent(file: string, args: readonly string[]): [string, string[]] {
  const setpriv = findProgram("setpriv");
  return setpriv === undefined
    ? [file, [...args]]
    : [setpriv, ["--pdeathsig", "TERM", file, ...args]];
}

/** Ends a child that leads a process group of its own (`detached`), and its group: SIGTERM, then after `graceMs` SIGKILL. */
export async function endProcessGroup(child: ChildProcess, graceMs = 5_000): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const gone = (): boolean => !listProcesses().some(({ group }) => group === pid);
  if (!gone() || child.exitCode === null) kill(-pid, "SIGTERM");
  try {
    await eventually(`process group ${pid} ends`, gone, graceMs);
  } catch {
    kill(-pid, "SIGKILL"); // it had its time
    await eventually(`process group ${pid} is killed`, gone);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
