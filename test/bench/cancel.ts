import { join } from "node:path";
import { proxiedConfig } from "../support/sshHarness";
import { startTcpProxy } from "../support/tcpProxy";
import { startBed, startServer, type Bed, type Call } from "./bed";
import { measureLeft } from "./cancelLeft";
import { cancelTree, killTree, treeSize, treeSleeps, type Left } from "./cancelTree";
import { startCrowd } from "./crowd";
import { interleave, median, percentile } from "./measure";
import { digits, table, verdict } from "./report";
import type { Bench, Subject } from "./subject";

const rounds = 20;
const rttMs = 50;
const crowdSize = 2000;
const most = { toTrue: 15, rtts: 4, ignoring: 1.3, crowded: 6 };

/** How long a cancel takes, and what it leaves. */
export const cancel: Subject = {
  name: "cancel",
  programs: ["sshd", "ssh-keygen", "ssh"],
  async measure(bench: Bench) {
    const bed = await startBed(bench);
    const near = await measureTrees(bed, await callFromAfar(bench, bed));
    const crowd = await measureCrowd(bench, bed);
    const head = ["p50 ms", "p95 ms", "p50 is", `left of its ${treeSleeps} sleeps`, "target"];
    return [
      table([`a tree of ${treeSize} processes`, ...head], [...near, ...crowd]),
      await measureLeft(bed, bench.cleanup),
    ].join("\n\n");
  },
};

/** Another server, with a link of that length to the same host. */
async function callFromAfar(bench: Bench, { host }: Bed): Promise<Call> {
  const proxy = await startTcpProxy(host.port, rttMs / 2);
  bench.cleanup.add(() => proxy.close());
  const sshConfigFile = await proxiedConfig(host, proxy.port);
  const knownHostsFile = join(host.dir, "proxied_known_hosts");
  const { call } = await startServer(bench, { sshConfigFile, knownHostsFile });
  return call;
}

async function measureTrees(bed: Bed, farCall: Call): Promise<string[][]> {
  const left = { kill: nothing(), obedient: nothing(), far: nothing(), ignoring: nothing() };
  const all = await interleave(rounds, {
    true: () => bed.ssh.run("true"),
    kill: () => killTree(bed, left.kill),
    obedient: () => cancelTree(bed, left.obedient),
    far: () => cancelTree({ ...bed, call: farCall }, left.far),
    ignoring: () => cancelTree(bed, left.ignoring, { ignoreTerm: true }),
  });
  const [base, obedient] = [median(all.true), median(all.obedient)];
  const toTrue = (values: readonly number[]): Comparison => ({
    ratio: median(values) / base,
    to: "× `true`",
  });
  return [
    row("`ssh host true`, ControlMaster", all.true, toTrue(all.true)),
    row("`ssh host 'kill -- -PGID'`, ControlMaster: sent", all.kill, toTrue(all.kill), left.kill),
    row(
      "`ssh_cancel_async_task`: verified gone",
      all.obedient,
      { ...toTrue(all.obedient), most: most.toTrue },
      left.obedient,
    ),
    row(
      `the same, the host ${rttMs} ms away`,
      all.far,
      { ratio: median(all.far) / rttMs, to: "RTT", most: most.rtts },
      left.far,
    ),
    row(
      "the same, a tree that ignores TERM, grace 0",
      all.ignoring,
      { ratio: median(all.ignoring) / obedient, to: "× the obedient", most: most.ignoring },
      left.ignoring,
    ),
  ];
}

/** Without the crowd, with it and without it again, so that a machine that grows slower meets both. */
async function measureCrowd({ cleanup }: Bench, bed: Bed): Promise<string[][]> {
  const left = { alone: nothing(), crowded: nothing() };
  const cancels = async (count: number, of: Left): Promise<number[]> =>
    (await interleave(count, { cancel: () => cancelTree(bed, of) })).cancel;
  const before = await cancels(rounds / 2, left.alone);
  const crowd = await startCrowd(crowdSize, cleanup);
  const crowded = await cancels(rounds, left.crowded);
  await crowd.end();
  const alone = [...before, ...(await cancels(rounds / 2, left.alone))];
  const ratio = median(crowded) / median(alone);
  return [
    row(
      "`ssh_cancel_async_task` again, before the next and after",
      alone,
      { ratio: 1, to: "×" },
      left.alone,
    ),
    row(
      `the same, the host has ${crowdSize} processes more`,
      crowded,
      { ratio, to: "× without them", most: most.crowded },
      left.crowded,
    ),
  ];
}

interface Comparison {
  readonly ratio: number;
  readonly to: string;
  /** The target. */
  readonly most?: number;
}

function row(
  what: string,
  values: readonly number[],
  { ratio, to, most: target }: Comparison,
  left?: Left,
): string[] {
  const p50 = `${ratio.toFixed(2)} ${to}`;
  return [
    what,
    digits(median(values)),
    digits(percentile(values, 0.95)),
    p50,
    left ? String(left.most) : "",
    target === undefined ? "" : verdict(`≤ ${target} ${to.split(" ")[0] ?? ""}`, ratio <= target),
  ];
}

function nothing(): Left {
  return { most: 0 };
}
