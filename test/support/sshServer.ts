import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { boundToParent, requireProgram } from "./childProcesses";
import { eventually } from "./eventually";
import { freePort, greeting } from "./loopback";
import { makeBusyboxUserland, makeHome, withMounts, type Mount } from "./privateFiles";
import { kill, killByEnvironment, listProcesses } from "./processes";
import {
  writeSshServerFiles,
  type HostKeyType,
  type SshServerFiles,
  type SshServerSetup,
} from "./sshServerFiles";
import { requireAccount } from "./testUser";

/** The programs that a session finds: those of this machine, or BusyBox's alone, its shell included. */
export type Userland = "GNU" | "BusyBox";

export interface SshServerOptions {
  /** `Host` entries of the ssh config, all for this one server; default "testhost". */
  readonly aliases?: readonly string[];
  /** Who logs in; default the current user, another one only as root. */
  readonly user?: string;
  readonly port?: number;
  /** Default ed25519 alone. */
  readonly hostKeyTypes?: readonly HostKeyType[];
  /** BusyBox only as root; the user's home directory is an empty one then. */
  readonly userland?: Userland;
  /** The user's login shell; default their own. Another one only as root; the home directory is an empty one then. */
  readonly loginShell?: string;
  /** What else it sees in the place of the machine's own, in the order of the mounts; only as root. */
  readonly mounts?: readonly Mount[];
  /** How many files each process may have open, which is what limits the channels of a connection to dropbear. */
  readonly openFiles?: number;
  /** Variables every session gets. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether close() also ends what sessions left running on the host; default false. */
  readonly endProcessesOnClose?: boolean;
}

/** A real SSH server on the loopback address, with keys and files of its own. */
export interface SshServer extends SshServerFiles {
  /** The first of the aliases. */
  readonly alias: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The user's home directory, as its sessions see it. */
  readonly home: string;
  /** The pids of the commands that its sessions run, one per open channel. */
  commands(): number[];
  /** Cuts every connection as a lost link would, and goes on listening. */
  killConnections(): void;
  /** Ends the server and its connections, and keeps its files, for start(). */
  stop(): Promise<void>;
  /** Listens again, on the same port with the same keys. */
  start(): Promise<void>;
  /** Ends the server and its connections, and removes its files. */
  close(): Promise<void>;
}

/** What one server program does differently from another. */
export interface ServerProgram {
  readonly name: "sshd" | "dropbear";
  /** It finds the keys of a user nowhere but in the home directory. */
  readonly needsHome: boolean;
  /** Writes what else it reads, and gives the arguments to start it with, in the foreground and logging to stderr. */
  configure(files: SshServerFiles, setup: SshServerSetup): Promise<readonly string[]>;
}

const logLimit = 1024 * 1024;

/** Starts a server and resolves once it greets. */
export async function startSshServer(
  program: ServerProgram,
  options: SshServerOptions,
): Promise<SshServer> {
  const { aliases = ["testhost"], user = userInfo().username } = options;
  requireRootFor(program, options);
  const mark = `SSH_TASKS_SERVER=${randomBytes(8).toString("hex")}`;
  const environment = {
    ...options.environment,
    ...(options.endProcessesOnClose ? variable(mark) : {}),
  };
  const port = options.port ?? (await freePort());
  const { hostKeyTypes = ["ed25519"] } = options;
  const setup = { aliases, user, port, hostKeyTypes, environment };
  const files = await writeSshServerFiles(setup);
  let server: ServerProcess | undefined;
  const close = async (): Promise<void> => {
    await server?.stop();
    if (options.endProcessesOnClose) await killByEnvironment(mark);
    await rm(files.dir, { recursive: true, force: true });
  };
  try {
    const own = await makeOwnFiles(program, options, files, user);
    // By its path: sshd insists on that.
    const start = [requireProgram(program.name), ...(await program.configure(files, setup))];
    const command = withMounts(own.mounts, limited(options, start));
    server = new ServerProcess({ program, command, environment, files, port });
    await server.start();
    const where = { alias: aliases[0] ?? "", host: "127.0.0.1", port, user, home: own.home };
    return { ...files, ...where, close, ...server.verbs };
  } catch (error) {
    await close();
    throw error;
  }
}

function requireRootFor({ name, needsHome }: ServerProgram, options: SshServerOptions): void {
  if (process.getuid?.() === 0) return;
  const { user = userInfo().username, userland, loginShell, mounts = [] } = options;
  if (user !== userInfo().username) throw new Error(`Only root can serve logins of ${user}`);
  if (needsHome) throw new Error(`Only root can give ${name} a home directory of its own`);
  if (userland === "BusyBox") throw new Error("Only root can serve a BusyBox userland");
  if (loginShell !== undefined || mounts.length > 0)
    throw new Error("Only root can serve files in the place of the machine's own");
}

/** What the server sees instead of the machine's files, and where the user's home directory is then. */
async function makeOwnFiles(
  { needsHome }: ServerProgram,
  { userland, loginShell, mounts = [] }: SshServerOptions,
  files: SshServerFiles,
  user: string,
): Promise<{ home: string; mounts: readonly Mount[] }> {
  if (userland === "BusyBox") {
    const { home, mount } = await makeHome(files, user, "/bin/sh");
    return { home, mounts: [mount, ...mounts, ...(await makeBusyboxUserland(files.dir))] };
  }
  if (!needsHome && loginShell === undefined)
    return { home: (await requireAccount(user)).home, mounts };
  const { home, mount } = await makeHome(files, user, loginShell);
  return { home, mounts: [mount, ...mounts] };
}

function limited({ openFiles }: SshServerOptions, command: readonly string[]): readonly string[] {
  return openFiles === undefined
    ? command
    : [requireProgram("prlimit"), `--nofile=${openFiles}`, ...command];
}

interface ServerStart {
  readonly program: ServerProgram;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly files: SshServerFiles;
  readonly port: number;
}

/** The server's process and those it forks for its connections. */
class ServerProcess {
  private child: ChildProcess | undefined;
  private logged = 0;

  constructor(private readonly begin: ServerStart) {}

  get verbs(): Pick<SshServer, "commands" | "killConnections" | "stop" | "start"> {
    return {
      commands: () =>
        this.below()
          .filter(({ own }) => !own)
          .map(({ pid }) => pid),
      killConnections: () => this.killConnections(),
      stop: () => this.stop(),
      start: () => this.start(),
    };
  }

  async start(): Promise<void> {
    const { program, command, environment, files, port } = this.begin;
    const [file, args] = boundToParent(command[0] ?? "", command.slice(1));
    const child = spawn(file, args, {
      // A group of its own: Ctrl+C in a terminal is for whoever started us, and they end us in their order.
      detached: true,
      env: { PATH: process.env.PATH, TMPDIR: tmpdir(), ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.child = child;
    child.stderr.on("data", (bytes: Buffer) => this.log(bytes));
    const answer = await eventually(`${program.name} greets on port ${port}`, async () => {
      if (child.exitCode !== null) return "ended";
      return (await greeting(port)).startsWith("SSH-2.0-") && "greeted";
    });
    if (answer === "ended")
      throw new Error(`${program.name} ended at once:\n${readFileSync(files.logFile, "utf8")}`);
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    // Stopped first, so that no connection is accepted between the two kills; SIGKILL ends a stopped process too.
    kill(child.pid, "SIGSTOP");
    this.killConnections();
    kill(child.pid, "SIGKILL");
    await ended;
    child.stderr?.destroy();
  }

  private killConnections(): void {
    for (const { pid, own } of this.below()) if (own) kill(pid, "SIGKILL");
  }

  /**
   * What runs below the server: its own processes, such as `sshd: user [priv]`, and of the others the commands of
   * sessions, but not what they started.
   */
  private below(parent = this.child?.pid, processes = listProcesses()): BelowServer[] {
    const program = new RegExp(`^(\\S*/)?${this.begin.program.name}\\b`);
    return processes
      .filter((one) => one.parent === parent)
      .flatMap(({ pid, argv }) => {
        const own = program.test(argv[0] ?? "");
        return [{ pid, own }, ...(own ? this.below(pid, processes) : [])];
      });
  }

  private log(bytes: Buffer): void {
    if (this.logged >= logLimit) return;
    this.logged += bytes.length;
    appendFileSync(this.begin.files.logFile, bytes);
  }
}

interface BelowServer {
  readonly pid: number;
  readonly own: boolean;
}

function variable(entry: string): Record<string, string> {
  const [name = "", value = ""] = entry.split("=");
  return { [name]: value };
}
