import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Disposable } from "../tasks/lifecycle";
import { ageOf, codeOf, readFileUpTo } from "./privateFile";

/** Bytes of a socket's path that every system takes (unix(7): 108 with the NUL, 104 on macOS). */
const maxSocketPath = 100;
/** A window that has not said within so long where it listens was ended before it could. */
const startMs = 60_000;
const answerMs = 2000;
const leaseFile = "lease";

/** The window that holds a folder. */
export interface LeaseHolder {
  /** Where it listens. */
  readonly socket: string;
  /** Its process on this machine. */
  readonly pid: number;
}

/**
 * A window's claim on a folder: a socket that it listens on, which the kernel closes with the process, however that ends.
 * A window that is only stopped keeps its claim.
 */
export class WindowLease implements Disposable {
  private onConnection: (connection: Socket) => void = (connection) => connection.destroy();

  private constructor(
    readonly folder: string,
    private readonly server: Server,
  ) {}

  /** Makes a folder below `root` and claims it. Rejects with the Error of the system call that failed. */
  static async take(root: string): Promise<WindowLease> {
    const id = randomBytes(6).toString("hex");
    const socket = socketPath(root, id);
    const server = createServer().listen(socket);
    server.unref();
    await once(server, "listening");
    const folder = join(root, `window-${id}`);
    const lease = new WindowLease(folder, server);
    server.on("connection", (connection) => lease.onConnection(connection));
    await mkdir(folder, { mode: 0o700 });
    await writeFile(join(folder, leaseFile), `${socket}\n${process.pid}\n`, { mode: 0o600 });
    return lease;
  }

  /** Gives the connections of other windows to somebody who answers them; that one is taken at all says enough otherwise. */
  serve(onConnection: (connection: Socket) => void): void {
    this.onConnection = onConnection;
  }

  /** Whether its window is still there, as far as can be told: in doubt it is. */
  static async isHeld(folder: string): Promise<boolean> {
    const holder = await WindowLease.holderOf(folder);
    if (!holder) return ((await ageOf(folder)) ?? 0) < startMs;
    return isListening(holder.socket);
  }

  /** Who has claimed the folder, perhaps some time ago; undefined when nobody has said so. */
  static async holderOf(folder: string): Promise<LeaseHolder | undefined> {
    const text = await readFileUpTo(join(folder, leaseFile), 4096);
    if (!text || text.length === 0) return undefined;
    const [socket = "", pid] = text.toString().split("\n");
    return { socket, pid: Number(pid) };
  }

  /** Removes what a window that is gone has left of its claim on the folder. */
  static async clear(folder: string): Promise<void> {
    const holder = await WindowLease.holderOf(folder);
    if (holder && process.platform !== "win32") await rm(holder.socket, { force: true });
    await rm(join(folder, leaseFile), { force: true });
  }

  /** The folder is anybody's from now on. */
  dispose(): void {
    this.server.close();
  }
}

function socketPath(root: string, id: string): string {
  if (process.platform === "win32") return `\\\\.\\pipe\\ssh-tasks-${id}`;
  const path = join(root, `${id}.sock`);
  return Buffer.byteLength(path) <= maxSocketPath ? path : join(tmpdir(), `ssh-tasks-${id}.sock`);
}

function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    const answer = (held: boolean): void => {
      clearTimeout(timer);
      connection.destroy();
      resolve(held);
    };
    const timer = setTimeout(() => answer(true), answerMs);
    connection.on("connect", () => answer(true));
    connection.on("error", (error) => answer(!["ECONNREFUSED", "ENOENT"].includes(codeOf(error))));
  });
}
