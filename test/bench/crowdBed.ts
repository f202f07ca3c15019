import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer, type Bed } from "./bed";
import { startSpoolHost, type SpoolHost } from "./durableBed";
import { EventLoop, startIdleNode, type Lateness } from "./eventLoop";
import { cpuSeconds, findFollower } from "./hostCost";
import { timeOf } from "./measure";
import { residentMiB } from "./memory";
import type { Bench } from "./subject";

/** What was seen while something happened. */
export interface Sight {
  readonly ms: number;
  readonly late: Lateness;
  /** Of a Node beside the server that does nothing. */
  readonly idle: Lateness;
  /** The server's resident memory afterwards. */
  readonly serverMiB: number;
  /** What the process that follows the tasks on the host took of a core; undefined where it came meanwhile. */
  readonly followerShare: number | undefined;
}

/** A host for many durable tasks, and a server that keeps what it has of them. */
export class CrowdBed {
  private constructor(
    readonly host: SpoolHost,
    readonly bed: Pick<Bed, "server" | "connect">,
    /** The tasks print nothing while it is there. */
    readonly hushFile: string,
    private readonly loops: { readonly server: EventLoop; readonly idle: EventLoop },
    private readonly idlePid: number,
  ) {}

  /** Starts all of it, for so many tasks. */
  static async start(bench: Bench, size: number): Promise<CrowdBed> {
    const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-bench-"));
    bench.cleanup.add(() => rm(dir, { recursive: true, force: true }));
    const file = (name: string): string => join(dir, name);
    const loops = { server: new EventLoop(file("lateness")), idle: new EventLoop(file("idle")) };
    const host = await startSpoolHost(bench.cleanup);
    // Ended ones are forgotten at the first look at the list of tasks.
    const limits = [`maxRunningPerHost=${size}`, `maxRunning=${size}`, "maxKept=0"];
    const flags = ["--state-dir", file("state"), ...limits.flatMap((limit) => ["--limit", limit])];
    const bed = await startServer(bench, host, loops.server.nodeFlags, flags);
    const idlePid = await startIdleNode(loops.idle, bench.cleanup);
    return new CrowdBed(host, bed, file("hush"), loops, idlePid);
  }

  get serverPid(): number {
    return this.bed.server.pid;
  }

  /** Whether the tasks print nothing from now on. */
  async hush(hushed: boolean): Promise<void> {
    if (hushed) await writeFile(this.hushFile, "");
    else await rm(this.hushFile, { force: true });
  }

  /** Looks at the processes that take part while the work is done. */
  async watch(work: () => Promise<unknown>): Promise<Sight> {
    await this.lateness(); // without what was before
    const follower = findFollower(this.host);
    const used = follower === undefined ? 0 : cpuSeconds(follower);
    const ms = await timeOf(work);
    const { late, idle } = await this.lateness();
    return {
      ms,
      late,
      idle,
      serverMiB: residentMiB(this.serverPid),
      followerShare:
        follower === undefined ? undefined : ((cpuSeconds(follower) - used) * 1000) / ms,
    };
  }

  private async lateness(): Promise<{ late: Lateness; idle: Lateness }> {
    const [late, idle] = await Promise.all([
      this.loops.server.lateness(this.serverPid),
      this.loops.idle.lateness(this.idlePid),
    ]);
    return { late, idle };
  }
}
