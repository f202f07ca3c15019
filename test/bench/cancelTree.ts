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
import type { Bed } from "./bed";

/** The `sleep`s of a tree, and its shell. */
export const treeSleeps = processTreeSize + 2;
export const treeSize = treeSleeps + 1;

/** What a signal ends has this long to end, before what is left is counted. */
export const endsWithinMs = 300;

/** What the cancels of one kind left of their trees, the most of all. */
export interface Left {
  most: number;
}

/** @returns the ms of OpenSSH's `kill`, which doesn't look what became of it. */
export async function killTree({ ssh }: Pick<Bed, "ssh">, left: Left): Promise<number> {
  const marker = uniqueMarker();
  const child = ssh.start(treeCommand(marker));
  await treeRuns(marker);
  const group = findProcesses(marker).find(({ argv }) => argv[1] === `${marker}.1`)?.group;
  const start = performance.now();
  await ssh.run(`kill -- -${group ?? "?"}`);
  const ms = performance.now() - start;
  await delay(endsWithinMs);
  await endTree(marker, left);
  await eventually(
    "the ssh of the tree ends",
    () => child.exitCode !== null || child.signalCode !== null,
  );
  return ms;
}

/** @returns the ms from the call of our cancel to the verified end. */
export async function cancelTree(
  { call, host }: Pick<Bed, "call" | "host">,
  left: Left,
  { ignoreTerm = false } = {},
): Promise<number> {
  const marker = uniqueMarker();
  const command = treeCommand(marker, ignoreTerm);
  const { task_id } = await call("ssh_run_async", { alias: host.alias, command });
  await treeRuns(marker);
  const grace = ignoreTerm ? { grace_seconds: 0 } : {};
  const start = performance.now();
  const { receipt } = await call("ssh_cancel_async_task", { task_id, ...grace });
  const ms = performance.now() - start;
  await endTree(marker, left);
  if (!isVerified(receipt)) throw new Error("The cancel was not verified");
  return ms;
}

/** Whether a receipt says that nothing is left. */
export function isVerified(receipt: unknown): boolean {
  return (
    typeof receipt === "object" &&
    receipt !== null &&
    "verified" in receipt &&
    receipt.verified === true
  );
}

function treeCommand(marker: string, ignoreTerm = false): string {
  const trap = ignoreTerm ? "trap '' TERM; " : "";
  const more = Array.from({ length: treeSleeps - processTreeSize }, (_, index) => {
    return `sleep ${marker}.${processTreeSize + index + 1} & `;
  });
  return `${trap}${more.join("")}${processTreeCommand(marker, { ignoreTerm })}`;
}

async function treeRuns(marker: string): Promise<void> {
  await eventually("the tree runs", () => findProcesses(marker).length === treeSleeps);
}

async function endTree(marker: string, left: Left): Promise<void> {
  left.most = Math.max(left.most, findProcesses(marker).length);
  await killAll(marker);
}
