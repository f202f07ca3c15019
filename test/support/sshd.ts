import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { boundToParent, requireProgram } from "./childProcesses";
import { eventually } from "./eventually";
import { freePort, greeting } from "./loopback";
import { kill, killByEnvironment, listProcesses } from "./processes";
import { writeSshdFiles, type SshdFiles } from "./sshdFiles";

export interface SshdOptions {
  /** `Host` entries of the ssh config, all for this one server; default "testhost". */
  readonly aliases?: readonly string[];
  /** Who logs in; default the current user, another one only as root. */
  readonly user?: string;
  readonly port?: number;
  /** Further lines of sshd_config, e.g. "MaxSessions 1"; stronger than ours. */
  readonly config?: readonly string[];
  /** Variables every session gets. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether close() also ends what sessions left running on the host; default false. */
  readonly endProcessesOnClose?: boolean;
}

/** A real OpenSSH server on the loopback address, with keys and files of its own. */
export interface Sshd extends SshdFiles {
  /** The first of the aliases. */
  readonly alias: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Cuts every connection as a lost link would, and goes on listening. */
  killConnections(): void;
  /** Ends the server and its connections, and keeps its files, for start(). */
  stop(): Promise<void>;
  /** Listens again, on the same port with the same keys. */
  start(): Promise<void>;
  /** Ends the server and its connections, and removes its files. */
  close(): Promise<void>;
}

const logLimit = 1024 * 1024;

/** Starts a server and resolves once it greets. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const { aliases = ["testhost"], config = [], user = userInfo().username } = options;
  const ownUser = user === userInfo().username;
  if (!ownUser && !isRoot()) throw new Error(`Only root can serve logins of ${user}`);
  const mark = `SSH_TASKS_SSHD=${randomBytes(8).toString("hex")}`;
  const environment = {
    ...options.environment,
    ...(options.endProcessesOnClose ? variable(mark) : {}),
  };
  const port = options.port ?? (await freePort());
  const files = await writeSshdFiles({ aliases, user, ownUser, port, config, environment });
  const server = new Server(files, port);
  const close = async (): Promise<void> => {
    await server.stop();
    if (options.endProcessesOnClose) await killByEnvironment(mark);
    await rm(files.dir, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...files,
    alias: aliases[0] ?? "",
    host: "127.0.0.1",
    port,
    user,
    killConnections: () => server.killConnections(),
    stop: () => server.stop(),
    start: () => server.start(),
    close,
  };
}

/** The sshd process and those it forks for its connections. */
class Server {
  private child: ChildProcess | undefined;
  private logged = 0;

  constructor(
    private readonly files: Pick<SshdFiles, "serverConfigFile" | "logFile">,
    private readonly port: number,
  ) {}

  async start(): Promise<void> {
    if (isRoot()) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const sshd = requireProgram("sshd"); // it insists on an absolute path
    const [file, args] = boundToParent(sshd, ["-D", "-e", "-f", this.files.serverConfigFile]);
    // A group of its own: Ctrl+C in a terminal is for whoever started us, and they end us in their order.
    const child = spawn(file, args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    this.child = child;
    child.stderr.on("data", (bytes: Buffer) => this.log(bytes));
    const answer = await eventually(`sshd greets on port ${this.port}`, async () => {
      if (child.exitCode !== null) return "ended";
      return (await greeting(this.port)).startsWith("SSH-2.0-") && "greeted";
    });
    if (answer === "ended")
      throw new Error(`sshd ended at once:\n${readFileSync(this.files.logFile, "utf8")}`);
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

  killConnections(): void {
    for (const pid of this.connections()) kill(pid, "SIGKILL");
  }

  /** The descendants that are sshd themselves: `sshd: user [priv]` and `sshd: user@notty`, but no command of a session. */
  private connections(): number[] {
    const processes = listProcesses().filter(({ argv }) => /^(\S*\/)?sshd\b/.test(argv[0] ?? ""));
    const childrenOf = (parent: number): number[] =>
      processes
        .filter((one) => one.parent === parent)
        .flatMap(({ pid }) => [pid, ...childrenOf(pid)]);
    return this.child?.pid === undefined ? [] : childrenOf(this.child.pid);
  }

  private log(bytes: Buffer): void {
    if (this.logged >= logLimit) return;
    this.logged += bytes.length;
    appendFileSync(this.files.logFile, bytes);
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function variable(entry: string): Record<string, string> {
  const [name = "", value = ""] = entry.split("=");
  return { [name]: value };
}
