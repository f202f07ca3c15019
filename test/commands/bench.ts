// `npm run bench [-- word…]`: SSH Tasks beside the OpenSSH client, on one host in one run, as ratios: every subject, or
// those whose name contains a word. Machines are noisy: a ratio says more than a time, and no figure here is a test.
// `--cpu-prof` keeps a profile of each of our processes in .cache/profiles; `--crowd=N` has N durable tasks live at a time
// and not 1000. docs/performance.md says what the lines mean.
import { join } from "node:path";
import { cancel } from "../bench/cancel";
import { durable } from "../bench/durable";
import { durableCrowd } from "../bench/durableCrowd";
import { load } from "../bench/load";
import { describeMachine } from "../bench/machine";
import { output } from "../bench/output";
import { outputPanel } from "../bench/outputPanel";
import { run } from "../bench/run";
import { runMany } from "../bench/runMany";
import { runParts } from "../bench/runParts";
import { selectSubjects, type Subject } from "../bench/subject";
import { Cleanup } from "../support/cleanup";
import { cacheFolder } from "../support/repo";
import { ensureSystemPrograms } from "../support/systemPackages";

const subjects = [run, runMany, runParts, output, outputPanel, load, cancel, durable, durableCrowd];

let cleanup = new Cleanup();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void cleanup.run().finally(() => process.exit(130)));
}

void main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  try {
    const selected = selectSubjects(
      subjects,
      args.filter((arg) => !arg.startsWith("--")),
    );
    ensureSystemPrograms([...new Set(selected.flatMap(({ programs }) => programs))]);
    console.log(`\n${describeMachine()}`);
    const crowd = readCrowd(args);
    for (const subject of selected) await measure(subject, args.includes("--cpu-prof"), crowd);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

function readCrowd(args: readonly string[]): number | undefined {
  const flag = args.find((arg) => arg.startsWith("--crowd="));
  if (flag === undefined) return undefined;
  const size = Number(flag.slice("--crowd=".length));
  if (Number.isInteger(size) && size > 0 && size <= 1000) return size;
  throw new Error("--crowd takes a number from 1 to 1000.");
}

async function measure(
  subject: Subject,
  profiled: boolean,
  crowd: number | undefined,
): Promise<void> {
  cleanup = new Cleanup();
  const profiles = profiled ? join(cacheFolder(), "profiles") : undefined;
  try {
    const markdown = await subject.measure({ cleanup, profiles, crowd });
    console.log(`\n### ${subject.name}\n\n${markdown}`);
  } finally {
    await cleanup.run();
  }
}
