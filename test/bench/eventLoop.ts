import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { Cleanup } from "../support/cleanup";
import { eventually } from "../support/eventually";
import { kill } from "../support/processes";
import { repositoryRoot } from "../support/repo";

const lateness = z.object({
  report: z.number(),
  p50: z.number(),
  p99: z.number(),
  max: z.number(),
});

/** How late the event loop of a server came to its timers, in ms. */
export type Lateness = z.infer<typeof lateness>;

/** The event loop of a Node that is started with the flags; the product itself knows nothing of it. */
export class EventLoop {
  readonly nodeFlags: readonly string[];
  private reports = 0;

  constructor(private readonly file: string) {
    const script = pathToFileURL(join(repositoryRoot(), "test/bench/eventLoop.mjs"));
    script.searchParams.set("file", file);
    this.nodeFlags = ["--import", script.href];
  }

  /** Since the last time, or since its start. */
  async lateness(pid: number): Promise<Lateness> {
    kill(pid, "SIGUSR2");
    this.reports++;
    return eventually("the process says how late its event loop was", async () => {
      const answer = lateness.parse(JSON.parse(await readFile(this.file, "utf8")));
      return answer.report === this.reports && answer;
    });
  }
}

/** Starts a Node that does nothing, and gives its pid: how late it is, the machine makes it. */
export async function startIdleNode({ nodeFlags }: EventLoop, cleanup: Cleanup): Promise<number> {
  const script = "process.stdin.resume(); console.log('up')";
  const child = spawn(process.execPath, [...nodeFlags, "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  cleanup.add(() => child.kill());
  await once(child.stdout, "data");
  return child.pid ?? 0;
}
