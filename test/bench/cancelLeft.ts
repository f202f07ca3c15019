import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endMentions, findMentions, sizeOf } from "../support/cancelHarness";
import { cancelShapes, fillShape, type CancelShape } from "../support/cancelShapes";
import type { Cleanup } from "../support/cleanup";
import { eventually } from "../support/eventually";
import { findProcesses, uniqueMarker } from "../support/processes";
import type { Bed } from "./bed";
import { endsWithinMs, isVerified } from "./cancelTree";
import { table, verdict } from "./report";

/** A shape that is to run under a marker of its own. */
interface Trial {
  readonly marker: string;
  readonly command: string;
  readonly pidFile: string;
}

/** What both ways to end a command leave of every shape that one can have. */
export async function measureLeft(bed: Bed, cleanup: Cleanup): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "ssh-tasks-bench-"));
  cleanup.add(() => rmSync(dir, { recursive: true, force: true }));
  const ways = { kill: killShape, cancel: cancelShape };
  const left = { kill: [] as string[], cancel: [] as string[] };
  for (const shape of cancelShapes) {
    for (const way of ["kill", "cancel"] as const) {
      if (await leaves(dir, shape, (trial, runs) => ways[way](bed, trial, runs)))
        left[way].push(shape.name);
    }
  }
  const row = (what: string, names: readonly string[], target: string): string[] => {
    const share = Math.round((100 * names.length) / cancelShapes.length);
    return [what, `${names.length} (${share} %)`, names.join("; "), target];
  };
  return table(
    [`of ${cancelShapes.length} shapes of command`, "left alive", "which", "target"],
    [
      row("`ssh host 'kill -- -PGID'`", left.kill, ""),
      row("`ssh_cancel_async_task`, grace 0", left.cancel, verdict("0", left.cancel.length === 0)),
    ],
  );
}

type Way = (trial: Trial, runs: () => Promise<void>) => Promise<void>;

/** Whether anything of a shape is alive after one way to end it. */
async function leaves(dir: string, shape: CancelShape, end: Way): Promise<boolean> {
  const marker = uniqueMarker();
  const heartbeat = join(dir, marker, "heartbeat");
  mkdirSync(join(dir, marker));
  const trial = {
    marker,
    command: fillShape(shape, { marker, canary: join(dir, marker, "canary"), heartbeat }),
    pidFile: join(dir, marker, "pid"),
  };
  const runs = async (): Promise<void> => {
    await eventually(`${shape.name} runs`, () => findProcesses(marker).length >= shape.sleeps);
    shape.before?.(marker);
    if (shape.beats) await eventually("its heart beats", () => sizeOf(heartbeat) > 3);
  };
  try {
    await end(trial, runs);
    await delay(endsWithinMs);
    const beats = sizeOf(heartbeat);
    await delay(shape.beats ? 200 : 0);
    return sizeOf(heartbeat) > beats || findMentions(marker).some(isOnHost);
  } finally {
    writeFileSync(`${heartbeat}.stop`, "");
    await endMentions(marker);
  }
}

/** The client that asked for a command quotes it too, and waits for as long as anything holds its output. */
function isOnHost({ argv: [program = ""] }: { readonly argv: readonly string[] }): boolean {
  return basename(program) !== "ssh";
}

async function killShape({ ssh }: Bed, trial: Trial, runs: () => Promise<void>): Promise<void> {
  ssh.start(`echo $$ >${trial.pidFile}; ${trial.command}`);
  await runs();
  // sshd makes each command the leader of a group.
  await ssh.run(`kill -- -${readFileSync(trial.pidFile, "utf8").trim()}`);
}

async function cancelShape(
  { call, host }: Bed,
  { command }: Trial,
  runs: () => Promise<void>,
): Promise<void> {
  const { task_id } = await call("ssh_run_async", { alias: host.alias, command });
  await runs();
  const { receipt } = await call("ssh_cancel_async_task", { task_id, grace_seconds: 0 });
  if (!isVerified(receipt)) throw new Error(`Not verified: ${command}`);
}
