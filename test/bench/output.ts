import { setTimeout as delay } from "node:timers/promises";
import { startBed, type Bed } from "./bed";
import { floodCommand, floodRate, floodTarget, oneCipher, type Stream } from "./flood";
import { interleave, median } from "./measure";
import { watchMemory } from "./memory";
import { digits, table, times, verdict } from "./report";
import { closed, openClient, openExec } from "./ssh2Client";
import type { Bench, Subject } from "./subject";

const rounds = 3;
/** Asking costs the server time, so it is asked seldom: the task itself knows how long it took. */
const askMs = 250;

/** A flood of output that nobody follows. */
export const output: Subject = {
  name: "output",
  programs: ["sshd", "ssh-keygen", "ssh"],
  async measure(bench: Bench) {
    const rows = [await row(bench, "stdout"), await row(bench, "stderr")];
    const { minRatio, maxGrowthMiB } = floodTarget;
    const speed = [
      "`ssh` MiB/s",
      "ssh2 alone MiB/s",
      "`ssh_run_async` MiB/s",
      `to OpenSSH's (≥ ${minRatio} ×)`,
    ];
    return table(
      ["stream", ...speed, "server's MiB before", `grows by (< ${maxGrowthMiB} MiB)`],
      rows,
    );
  },
};

/** With a server of its own: one that has taken a flood before has grown already. */
async function row(bench: Bench, stream: Stream): Promise<string[]> {
  const bed = await startBed(bench, { config: oneCipher });
  const client = await openClient(bed.host, bench.cleanup);
  await bed.call("ssh_run", { alias: bed.host.alias, command: "true" });
  const grown: number[] = [];
  const starts: number[] = [];
  const all = await interleave(rounds, {
    ssh: () => bed.ssh.run(floodCommand(stream)),
    ssh2: async () => closed(await openExec(client, floodCommand(stream))),
    task: async () => {
      const stop = watchMemory(bed.server.pid);
      const ms = await runTask(bed, floodCommand(stream));
      const { start, max } = stop();
      starts.push(start);
      grown.push(max - start);
      return ms;
    },
  });
  const [theirs, ours] = [floodRate(median(all.ssh)), floodRate(median(all.task))];
  const growth = Math.max(...grown);
  const { minRatio, maxGrowthMiB } = floodTarget;
  return [
    stream,
    digits(theirs),
    digits(floodRate(median(all.ssh2))),
    digits(ours),
    verdict(times(ours / theirs), ours / theirs >= minRatio),
    digits(starts[0] ?? NaN),
    verdict(digits(growth), growth < maxGrowthMiB),
  ];
}

/** @returns its ms by its own clock. */
async function runTask({ call, host }: Bed, command: string): Promise<number> {
  const { task_id } = await call("ssh_run_async", { alias: host.alias, command });
  for (;;) {
    await delay(askMs);
    const { status, elapsed_ms: ms } = await call("ssh_get_task_status", { task_id });
    if (status === "completed") return Number(ms);
    if (status !== "running" && status !== "pending")
      throw new Error(`The task is ${String(status)}`);
  }
}
