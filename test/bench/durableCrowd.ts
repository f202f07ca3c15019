import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../support/eventually";
import type { Call } from "./bed";
import { isVerified } from "./cancelTree";
import { CrowdBed, type Sight } from "./crowdBed";
import { allForgotten } from "./durableBed";
import { costOf, countIn, findFollower, type HostCost } from "./hostCost";
import { median, repeat } from "./measure";
import { sharedMiB, watchMemory } from "./memory";
import { digits, table, verdict } from "./report";
import type { Bench, Subject } from "./subject";

const fullSize = 1000;
/** Starts, and cancels, that are under way at a time. */
const atATime = 40;
const lineSeconds = 5;
/** After which each ends by itself should nobody come to it. */
const livesSeconds = 560;
const watchSeconds = 20;
const startWithinMs = 60_000;
/** A cancel that takes more than ten seconds goes on behind its answer. */
const cancelWithinMs = 300_000;
const most = { serverMiB: 200, lateMs: 50, followerPercent: 1 };

/** Many durable tasks at a time on one host. */
export const durableCrowd: Subject = {
  name: "durable-crowd",
  programs: ["sshd", "ssh-keygen"],
  async measure(bench: Bench) {
    const size = bench.crowd ?? fullSize;
    const bed = await CrowdBed.start(bench, size);
    const stopWatching = watchMemory(bed.serverPid);
    const rows: string[][] = [];
    const ids: string[] = [];
    const start = await bed.watch(() => startAll(bed, size, ids));
    rows.push(sightRow(`${size} start, ${atATime} at a time`, start, { count: size }));
    const cost = costOf(ids);
    const followerMiB = sharedMiB(findFollower(bed.host) ?? 0);
    for (const hushed of [true, false]) rows.push(await watchLife(bed, hushed));
    const ends: Ends = { verified: 0, byThemselves: 0 };
    const cancel = await bed.watch(() => cancelAll(bed, ids, ends));
    rows.push(sightRow(`all are cancelled, ${atATime} at a time`, cancel, { count: size }));
    const clear = await bed.watch(() => clearAll(bed));
    rows.push(sightRow("their host forgets them", clear, { count: size }));
    const left = countIn(cost.sessions);
    const serverMiB = stopWatching().max;
    return [
      table(sightHead, rows),
      totals(size, { serverMiB, cost, followerMiB, ends, left }),
    ].join("\n\n");
  },
};

async function startAll({ bed, host, hushFile }: CrowdBed, size: number, ids: string[]) {
  const call = await bed.connect();
  const rounds = Math.floor(livesSeconds / lineSeconds);
  const line = `[ -e ${hushFile} ] || echo still running; sleep ${lineSeconds}`;
  const command = `i=0; while [ $i -lt ${rounds} ]; do i=$((i + 1)); ${line}; done`;
  const startOne = async (): Promise<void> => {
    const { task_id } = await call("ssh_run_async", { alias: host.alias, command });
    ids.push(String(task_id));
  };
  const allRun = async (): Promise<boolean> =>
    (await call("ssh_list_tasks", { status: "running", limit: 1 }))["total"] === ids.length;
  while (ids.length < size) {
    await repeat(Math.min(atATime, size - ids.length), atATime, startOne);
    await eventually(`${ids.length} tasks run`, allRun, startWithinMs);
  }
}

async function watchLife(bed: CrowdBed, hushed: boolean): Promise<string[]> {
  await bed.hush(hushed);
  // What was printed before that comes now.
  await delay(1000);
  const sight = await bed.watch(() => delay(watchSeconds * 1000));
  const how = hushed ? "say nothing" : `print a line every ${lineSeconds} s`;
  return sightRow(`they live and ${how}`, sight, { isLife: true, isIdle: hushed });
}

/** How many ended which way. */
interface Ends {
  verified: number;
  /** Before their cancel came. */
  byThemselves: number;
}

async function cancelAll({ bed }: CrowdBed, ids: readonly string[], ends: Ends): Promise<void> {
  const call = await bed.connect();
  const left = [...ids];
  await repeat(ids.length, atATime, () => cancelOne(call, left.pop() ?? "", ends));
}

async function cancelOne(call: Call, task_id: string, ends: Ends): Promise<void> {
  const deadline = Date.now() + cancelWithinMs;
  const answer = await call("ssh_cancel_async_task", { task_id });
  if (answer["cancelled"] !== true) ends.byThemselves++;
  let { status, receipt } = answer;
  while (status === "cancelling" && Date.now() < deadline) {
    await delay(1000);
    ({ status, receipt } = await call("ssh_get_task_status", { task_id }));
  }
  if (isVerified(receipt)) ends.verified++;
}

/** The list of tasks has none that ended, and what it has no more the host is asked to forget. */
async function clearAll({ bed, host }: CrowdBed): Promise<void> {
  const call = await bed.connect();
  await call("ssh_list_tasks");
  await allForgotten(host);
}

const sightHead = [
  "what happens",
  "time",
  "event loop late by p50 ms",
  `p99 ms (< ${most.lateMs})`,
  "max ms",
  "an idle Node's p99 ms",
  "server's MiB after",
  `follower's % of a core (idle: < ${most.followerPercent})`,
];

interface About {
  /** How many tasks it happens to. */
  readonly count?: number;
  /** Whether the server's target is for that, and whether the follower's is. */
  readonly isLife?: boolean;
  readonly isIdle?: boolean;
}

function sightRow(what: string, sight: Sight, { count, isLife, isIdle }: About): string[] {
  const { ms, late, idle, serverMiB, followerShare } = sight;
  const seconds = `${digits(ms / 1000)} s`;
  const percent = followerShare === undefined ? undefined : 100 * followerShare;
  const share = percent?.toFixed(2) ?? "";
  const isQuiet = percent !== undefined && percent < most.followerPercent;
  return [
    what,
    count === undefined ? seconds : `${seconds}: ${digits((count * 1000) / ms)} per s`,
    digits(late.p50),
    isLife ? verdict(digits(late.p99), late.p99 < most.lateMs) : digits(late.p99),
    digits(late.max),
    digits(idle.p99),
    digits(serverMiB),
    isIdle ? verdict(share, isQuiet) : share,
  ];
}

interface Totals {
  readonly serverMiB: number;
  readonly cost: HostCost;
  readonly followerMiB: number;
  readonly ends: Ends;
  readonly left: number;
}

function totals(size: number, { serverMiB, cost, followerMiB, ends, left }: Totals): string {
  const sum = cost.supervisorMiB.reduce((all, one) => all + one, 0);
  const goal = `< ${most.serverMiB} MiB`;
  const cancels = size - ends.byThemselves;
  return table(
    [`${size} durable tasks on one host`, "", "target"],
    [
      [
        "the server's resident memory, at the most",
        `${digits(serverMiB)} MiB`,
        verdict(goal, serverMiB < most.serverMiB),
      ],
      ["processes per task, two of them its command's", digits(cost.processes / size), ""],
      ["Pss of a supervisor, p50", `${median(cost.supervisorMiB).toFixed(2)} MiB`, ""],
      ["the same, the most of all", `${Math.max(...cost.supervisorMiB).toFixed(2)} MiB`, ""],
      ["Pss of all supervisors", `${digits(sum)} MiB`, ""],
      ["Pss of the follower", `${digits(followerMiB)} MiB`, ""],
      [
        `of ${cancels} that were cancelled, verified gone`,
        String(ends.verified),
        verdict("all", ends.verified === cancels),
      ],
      ["processes that are left", String(left), verdict("0", left === 0)],
    ],
  );
}
