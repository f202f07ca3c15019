import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { eventually } from "./eventually";

/** A live process, as /proc shows it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly argv: readonly string[];
}

/** How many processes processTreeCommand() leaves running under one marker. */
export const processTreeSize = 5;

/** A number that no other test has; a test's processes are `sleep <marker>.<k>`. */
export function uniqueMarker(): string {
  return String(randomInt(100_000, 10_000_000));
}

/** The live `sleep`s of a marker. Zombies and command lines that merely quote the script don't count. */
export function findProcesses(marker: string): ProcessInfo[] {
  return listProcesses().filter(
    ({ argv: [program = "", seconds = ""] }) =>
      basename(program) === "sleep" && (seconds === marker || seconds.startsWith(`${marker}.`)),
  );
}

/**
 * A shell command that starts one `sleep` in each of the ways that escape a careless kill, the last in the foreground:
 * `&`, double fork, nohup, and a session of its own.
 */
export function processTreeCommand(marker: string, { ignoreTerm = false } = {}): string {
  const ignore = ignoreTerm ? "trap '' TERM; " : "";
  const tree = [
    // Not every BusyBox has one.
    `command -v nohup >/dev/null || nohup() { trap '' HUP; exec "$@"; };`,
    `sleep ${marker}.1 &`,
    `(sleep ${marker}.2 &);`,
    `nohup sleep ${marker}.3 >/dev/null 2>&1 &`,
    `setsid sleep ${marker}.4 >/dev/null 2>&1 &`,
    // A command after the last sleep keeps the shell itself in the tree: it would exec a last one.
    `sleep ${marker}.${processTreeSize}; exit $?`,
  ];
  return ignore + tree.join(" ");
}

/** Ends every process of a marker, for the clean-up after a test. */
export async function killAll(marker: string): Promise<void> {
  await killUntilNone(`processes of marker ${marker} are gone`, () => findProcesses(marker));
}

/** Ends every process that carries `NAME=value` in the environment it was started with. */
export async function killByEnvironment(entry: string): Promise<void> {
  await killUntilNone(`processes with ${entry} are gone`, () => findByEnvironment(entry));
}

/** Every live process but our own that carries `NAME=value` in the environment it was started with. */
export function findByEnvironment(entry: string): ProcessInfo[] {
  return listProcesses().filter(
    ({ pid }) => pid !== process.pid && environmentOf(pid).includes(entry),
  );
}

/** Every live process but zombies; empty where there is no /proc. */
export function listProcesses(): ProcessInfo[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return []; // no /proc, as on macOS
  }
  return names.filter((name) => /^\d+$/.test(name)).flatMap((pid) => readProcess(pid));
}

async function killUntilNone(what: string, find: () => ProcessInfo[]): Promise<void> {
  await eventually(what, () => {
    const alive = find();
    for (const { pid } of alive) kill(pid, "SIGKILL");
    return alive.length === 0;
  });
}

/** Sends a signal to a process (or, negative, a group) that may have ended already. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function readProcess(pid: string): ProcessInfo[] {
  const stat = readProc(pid, "stat");
  // The name in parentheses may itself hold spaces and parentheses, so the fields are counted from the last one.
  const [state = "", parent, group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "" || state === "Z" || state === "X") return [];
  const argv = readProc(pid, "cmdline").split("\0").slice(0, -1);
  return [
    {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      argv,
    },
  ];
}

function environmentOf(pid: number): string[] {
  return readProc(String(pid), "environ").split("\0");
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // ended since it was listed, or another user's
  }
}
