import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../support/eventually";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "../support/processes";
import { startBed, type Bed } from "./bed";
import { interleave, median, percentile } from "./measure";
import { digits, table, times } from "./report";
import type { Bench, Subject } from "./subject";

const rounds = 15;
/** What a signal ends has this long to end, before what is left is counted. */
const endsWithinMs = 300;

/** How long a cancel takes, and what it leaves. */
export const cancel: Subject = {
  name: "cancel",
  programs: ["sshd", "ssh-keygen", "ssh"],
  async measure(bench: Bench) {
    const bed = await startBed(bench);
    const left = { kill: [] as number[], cancel: [] as number[] };
    const all = await interleave(rounds, {
      kill: () => killGroup(bed, left.kill),
      cancel: () => cancelTask(bed, left.cancel),
    });
    const row = (what: string, name: keyof typeof all): string[] => [
      what,
      digits(median(all[name])),
      digits(percentile(all[name], 0.95)),
      times(median(all[name]) / median(all.kill)),
      String(Math.max(...left[name])),
    ];
    return table(
      [
        `a tree of ${processTreeSize + 1} processes`,
        "p50 ms",
        "p95 ms",
        "p50 to OpenSSH's",
        `left of its ${processTreeSize} sleeps`,
      ],
      [
        row("`ssh host 'kill -- -PGID'`, ControlMaster: sent", "kill"),
        row("`ssh_cancel_async_task`: verified gone", "cancel"),
      ],
    );
  },
};

/** @returns the ms of the `kill`, which doesn't look what became of it. */
async function killGroup({ ssh }: Bed, left: number[]): Promise<number> {
  const marker = uniqueMarker();
  const child = ssh.start(processTreeCommand(marker));
  await treeRuns(marker);
  const group = findProcesses(marker).find(({ argv }) => argv[1] === `${marker}.1`)?.group;
  const start = performance.now();
  await ssh.run(`kill -- -${group ?? "?"}`);
  const ms = performance.now() - start;
  await delay(endsWithinMs);
  left.push(findProcesses(marker).length);
  await killAll(marker);
  await eventually(
    "the ssh of the tree ends",
    () => child.exitCode !== null || child.signalCode !== null,
  );
  return ms;
}

/** @returns the ms from the call to the verified end. */
async function cancelTask({ call, host }: Bed, left: number[]): Promise<number> {
  const marker = uniqueMarker();
  const command = processTreeCommand(marker);
  const { task_id } = await call("ssh_run_async", { alias: host.alias, command });
  await treeRuns(marker);
  const start = performance.now();
  const { receipt } = await call("ssh_cancel_async_task", { task_id });
  const ms = performance.now() - start;
  left.push(findProcesses(marker).length);
  const verified = typeof receipt === "object" && receipt !== null && "verified" in receipt;
  if (!verified || receipt.verified !== true) throw new Error("The cancel was not verified");
  return ms;
}

async function treeRuns(marker: string): Promise<void> {
  await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);
}
