import { performance } from "node:perf_hooks";
import { isRoot } from "../support/sshHarness";
import { measureAgain } from "./durableAgain";
import { allForgotten, startDurableBed, type DurableBed } from "./durableBed";
import { durableWay, exited, execWay, openSshWay, startDurable, type Way } from "./durableWays";
import { interleave, median, percentile, repeat, type Work } from "./measure";
import { digits, table, times, verdict } from "./report";
import type { Bench, Subject } from "./subject";

const rounds = 60;
const manyRounds = 3;
const many = { total: 400, workers: 100 };
/** The row that the targets are for. */
const ours = "a durable task";
const target = { startMs: 29, perSecond: 126, knownMs: 100 };

/** What a durable task takes beside commands that end with their connection. */
export const durable: Subject = {
  name: "durable",
  programs: ["sshd", "ssh-keygen", "ssh"],
  async measure({ cleanup }: Bench) {
    const bed = await startDurableBed(cleanup);
    const bare = isRoot ? await startDurableBed(cleanup, { perl: false }) : undefined;
    const ways = {
      "a plain exec over ssh2": execWay(bed),
      "`ssh host`, ControlMaster": openSshWay(bed),
      [ours]: durableWay(bed),
      ...(bare && { "the same, a host without perl": durableWay(bare) }),
    };
    return [
      await measureStart(ways),
      await measureMany(bed),
      await measureKnown(ways),
      await measureAgain(bed),
    ].join("\n\n");
  },
};

type Ways = Readonly<Record<string, Way>>;

async function measureStart(ways: Ways): Promise<string> {
  const all = await interleave(rounds, works(ways, startToFirstByte));
  const [base = []] = Object.values(all);
  const rows = Object.entries(all).map(([name, values]) => {
    const ratio = times(median(values) / median(base));
    const met = median(values) <= target.startMs;
    return [name, ...timeCells(values), ratio, goalOf(name, `p50 ≤ ${target.startMs} ms`, met)];
  });
  const head = ["p50 ms", "p95 ms", "p50 to plain exec's", "target"];
  return table(["from the start of `echo` to its first byte", ...head], rows);
}

async function measureKnown(ways: Ways): Promise<string> {
  const all = await interleave(rounds, works(ways, exitToKnown));
  const rows = Object.entries(all).map(([name, values]) => {
    const met = percentile(values, 0.95) <= target.knownMs;
    return [name, ...timeCells(values), goalOf(name, `p95 ≤ ${target.knownMs} ms`, met)];
  });
  const head = ["p50 ms", "p95 ms", "target"];
  return table(["from the exit of a command until it is known", ...head], rows);
}

function timeCells(values: readonly number[]): string[] {
  return [digits(median(values)), digits(percentile(values, 0.95))];
}

function goalOf(name: string, goal: string, met: boolean): string {
  return name === ours ? verdict(goal, met) : "";
}

function works(ways: Ways, measure: (way: Way) => Promise<number>): Record<string, Work> {
  const timed = Object.entries(ways).map(([name, way]): [string, Work] => [
    name,
    async () => {
      const ms = await measure(way);
      await way.forget();
      return ms;
    },
  ]);
  return Object.fromEntries(timed);
}

async function startToFirstByte(way: Way): Promise<number> {
  const start = performance.now();
  let ms: number | undefined;
  await way.run("echo", () => (ms ??= performance.now() - start));
  return ms ?? NaN;
}

/** The last that the command does is to say what time it is, on the clock that both have. */
async function exitToKnown(way: Way): Promise<number> {
  let text = "";
  await way.run("exec date +%s%N", (bytes) => (text += bytes.toString()));
  return Date.now() - Number(text) / 1e6;
}

/** The rate of those that are known to have ended, and of those that the host has forgotten as well. */
async function measureMany(bed: DurableBed): Promise<string> {
  const forgotten: number[] = [];
  const all = await interleave(manyRounds, {
    ssh: () => repeat(many.total, many.workers, () => bed.ssh.run("true")),
    durable: async () => {
      const start = performance.now();
      await repeat(many.total, many.workers, async () => {
        const { remote } = startDurable(bed, "true", () => undefined);
        await exited(remote);
        remote.forget();
      });
      const known = performance.now() - start;
      await allForgotten(bed.host);
      forgotten.push(performance.now() - start);
      return known;
    },
  });
  const perSecond = (values: readonly number[]): number => (many.total * 1000) / median(values);
  const theirs = perSecond(all.ssh);
  const row = (what: string, rate: number, goal = ""): string[] => {
    return [what, digits(rate), times(rate / theirs), goal];
  };
  const known = perSecond(all.durable);
  const goal = verdict(`≥ ${target.perSecond} per s`, known >= target.perSecond);
  return table(
    [`${many.total} times \`true\`, ${many.workers} at a time`, "per s", "to OpenSSH's", "target"],
    [
      row("`ssh host true`, ControlMaster", theirs),
      row("a durable task, started and known to have ended", known, goal),
      row("the same, until the host has forgotten them all", perSecond(forgotten.slice(1))),
    ],
  );
}
