import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireProgram } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import { kill } from "../support/processes";
import type { UserAccount } from "../support/testUser";

/** A shell as a host may have it for /bin/sh, with the programs it finds on its path. */
export interface RemoteShell {
  readonly name: string;
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A script that runs in a shell, with its standard input open. */
export interface RunningScript {
  readonly child: ChildProcess;
  /** What it printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves once it printed the text. */
  readonly prints: (text: string) => Promise<void>;
  /** Resolves with its exit code and all it printed. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** By which whoever runs a test file finds what it has left behind when it was ended before its clean-up. */
const scratch = { TMPDIR: tmpdir() };
const folder = mkdtempSync(join(tmpdir(), "shells-"));
chmodSync(folder, 0o755); // for other users too
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
/** Where the scripts' user is at home, and has the folders of its tasks. */
const home = join(folder, "home");
mkdirSync(home);

/** A word that a shell takes as it is. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The folder that a task of the scripts' user has at home. */
export const taskFolder = (taskId: string): string => join(home, ".local/state/ssh-tasks", taskId);

/** dash and bash with the programs of this system (mawk), and busybox ash with those of busybox alone. */
export const shells: readonly RemoteShell[] = [
  shellAs("dash", requireProgram("dash"), process.env.PATH ?? ""),
  shellAs("bash as sh", requireProgram("bash"), process.env.PATH ?? ""),
  shellAs("busybox ash", requireProgram("busybox"), busyboxPrograms()),
];

const running = new Set<ChildProcess>();

/** Ends the standard input of every script that still runs, so that it ends too. */
export function endScripts(): void {
  for (const child of running) child.stdin?.end();
}

/** Runs a script in a shell that reads it from an argument, as any user. */
export function startScript(
  shell: RemoteShell,
  script: string,
  { user, environment = {} }: { user?: UserAccount; environment?: Record<string, string> } = {},
): RunningScript {
  const child = spawn(shell.path, ["-c", script], {
    // A standard input that is a socket makes bash read the rc file of its user, like a login over SSH.
    env: { ...scratch, HOME: home, ...shell.environment, ...environment },
    stdio: "pipe",
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  running.add(child);
  child.on("exit", () => running.delete(child));
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (bytes: Buffer) => (text.stdout += bytes.toString("latin1")));
  child.stderr.on("data", (bytes: Buffer) => (text.stderr += bytes.toString("latin1")));
  child.stdin.on("error", () => undefined); // it may have ended already
  return {
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    prints: async (what) => {
      const isPrinted = (): boolean => text.stdout.includes(what);
      await eventually(`the script prints ${what}`, isPrinted).catch((error: unknown) => {
        throw new Error(`It has printed ${JSON.stringify(text)}`, { cause: error });
      });
    },
    ended: once(child, "close").then(([code]) => ({ code: code as number | null, ...text })),
  };
}

/** Runs a script to its end and gives what it printed, of either stream. */
export async function runScript(
  shell: RemoteShell,
  script: string,
  options: Parameters<typeof startScript>[2] = {},
): Promise<string> {
  const running = startScript(shell, script, options);
  running.child.stdin?.end();
  const { stdout, stderr } = await running.ended;
  return stdout + stderr;
}

/** A process of a test: its pid, and how scripts name it. */
export interface Planted {
  readonly pid: number;
  /** `pid:start`. */
  readonly name: string;
}

/** Processes of one test; `end` leaves none of them. */
export class Plantation {
  /** A negative one is a process group. */
  private readonly pids: number[] = [];

  /** Starts a script that prints the pids of its processes on one line and then stays; gives them in that order. */
  async plant(script: string, environment: Record<string, string> = {}): Promise<Planted[]> {
    const child = spawn("/bin/sh", ["-c", script], {
      detached: true,
      env: { ...scratch, PATH: process.env.PATH, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let line = "";
    child.stdout.on("data", (bytes: Buffer) => (line += bytes.toString()));
    await eventually("the processes have said who they are", () => line.endsWith("\n"));
    const pids = line.trim().split(" ").map(Number);
    this.pids.push(...pids, -Number(child.pid));
    return pids.map((pid) => ({ pid, name: `${pid}:${startTime(pid)}` }));
  }

  end(): void {
    for (const pid of this.pids) kill(pid, "SIGKILL");
  }
}

/** Clock ticks from boot to the start of a process; "" when there is none. */
export function startTime(pid: number): string {
  return statOf(pid)[19] ?? "";
}

/** One letter; "" when there is no such process. */
export function processState(pid: number): string {
  return statOf(pid)[0] ?? "";
}

/** The name of the program it runs; "" when there is no such process. */
export function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return ""; // no such process
  }
}

export function sessionOf(pid: number): number {
  return Number(statOf(pid)[3]);
}

/** Whether it is there and no zombie. */
export function isAlive(pid: number): boolean {
  return !["", "Z", "X"].includes(processState(pid));
}

function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return []; // no such process
  }
}

function shellAs(name: string, program: string, path: string): RemoteShell {
  const own = join(folder, name.replaceAll(" ", "-"));
  mkdirSync(own);
  symlinkSync(program, join(own, "sh"));
  return { name, path: join(own, "sh"), environment: { PATH: path } };
}

/** A folder with a link for each program that busybox is; cancel.sh looks in the system's folders after it. */
function busyboxPrograms(): string {
  const programs = join(folder, "busybox-programs");
  mkdirSync(programs);
  const { status, stderr } = spawnSync("busybox", ["--install", "-s", programs]);
  if (status !== 0) throw new Error(`busybox --install failed: ${stderr.toString()}`);
  return programs;
}
