import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../support/eventually";
import { startBed, type Bed } from "./bed";
import { EventLoop, startIdleNode, type Lateness } from "./eventLoop";
import { median, percentile, repeat, timeOf } from "./measure";
import { residentMiB } from "./memory";
import { digits, table, verdict } from "./report";
import type { Bench, Subject } from "./subject";

const finished = 1000;
const running = 100;
/** Twenty tasks run on one host at a time. */
const aliases = ["demo1", "demo2", "demo3", "demo4", "demo5"];
const maxLateMs = 50;

/** A server that has many tasks. */
export const load: Subject = {
  name: "load",
  programs: ["sshd", "ssh-keygen", "ssh"],
  async measure(bench: Bench) {
    const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-bench-"));
    bench.cleanup.add(() => rm(dir, { recursive: true, force: true }));
    const loop = new EventLoop(join(dir, "lateness"));
    const bed = await startBed(bench, { aliases }, loop.nodeFlags);
    const { pid } = bed.server;
    const idleLoop = new EventLoop(join(dir, "idle"));
    const idlePid = await startIdleNode(idleLoop, bench.cleanup);
    const rows: string[][] = [];
    const phase = async (what: string, work: () => Promise<string>): Promise<void> => {
      const took = await work();
      const [late, idle] = [await loop.lateness(pid), await idleLoop.lateness(idlePid)];
      rows.push([what, took, ...lateCells(late), digits(idle.p99), digits(residentMiB(pid))]);
    };
    await Promise.all([loop.lateness(pid), idleLoop.lateness(idlePid)]); // without their start
    await phase("nothing, for 2 s", () => delay(2000, ""));
    await phase(`${finished} tasks run and end, 20 at a time`, () => finishTasks(bed));
    await phase(`${running} more start at once`, () => startTasks(bed));
    for (const limit of [50, 200])
      await phase(`\`ssh_list_tasks\`, limit ${limit}, 200 times`, () => list(bed, limit));
    const late = ["event loop late by p50 ms", `p99 ms (< ${maxLateMs})`, "max ms"];
    const idle = "an idle Node's p99 ms";
    return table(["what happens", "time", ...late, idle, "server's MiB after"], rows);
  },
};

function lateCells({ p50, p99, max }: Lateness): string[] {
  return [digits(p50), verdict(digits(p99), p99 < maxLateMs), digits(max)];
}

async function finishTasks({ connect }: Bed): Promise<string> {
  const call = await connect();
  let next = 0;
  const ms = await timeOf(() =>
    repeat(finished, 20, () =>
      call("ssh_run", { alias: aliases[next++ % aliases.length], command: "echo $$; uname -a" }),
    ),
  );
  return `${digits((finished * 1000) / ms)} per s`;
}

/** Each of them goes on saying something. */
async function startTasks({ connect }: Bed): Promise<string> {
  const command = "while :; do echo still running; sleep 1; done";
  const call = await connect();
  let next = 0;
  const ms = await timeOf(async () => {
    await repeat(running, running, () =>
      call("ssh_run_async", { alias: aliases[next++ % aliases.length], command }),
    );
    await eventually(
      `${running} tasks run`,
      async () =>
        (await call("ssh_list_tasks", { status: "running", limit: 1 }))["total"] === running,
      60_000,
    );
  });
  return `${digits(ms)} ms to all running`;
}

async function list({ connect }: Bed, limit: number): Promise<string> {
  const call = await connect();
  const times: number[] = [];
  await repeat(200, 1, async () => {
    times.push(await timeOf(() => call("ssh_list_tasks", { limit })));
  });
  return `p50 ${digits(median(times))}, p95 ${digits(percentile(times, 0.95))} ms`;
}
