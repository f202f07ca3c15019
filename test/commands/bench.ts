// `npm run bench`: SSH Tasks beside the OpenSSH client, in one run on one host, as ratios. Machines are noisy: a ratio
// says more than a time, and no figure here is a test.
import { performance } from "node:perf_hooks";
import { join } from "node:path";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { requireProgram, run } from "../support/childProcesses";
import { Cleanup } from "../support/cleanup";
import { startDemoHost } from "../support/demoHost";
import { eventually } from "../support/eventually";
import { callTool, startHeadless } from "../support/headless";
import {
  findProcesses,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "../support/processes";
import type { Sshd } from "../support/sshd";
import { ensureSystemPrograms } from "../support/systemPackages";

const cleanup = new Cleanup();
const rounds = 30;

void main();

async function main(): Promise<void> {
  try {
    await bench();
  } finally {
    await cleanup.run();
  }
}

async function bench(): Promise<void> {
  ensureSystemPrograms(["sshd", "ssh-keygen", "ssh"]);
  const host = await startDemoHost();
  cleanup.add(() => host.close());
  const server = await startHeadless(host);
  cleanup.add(() => server.close());
  const client = await server.connect("bench");
  const ssh = await startControlMaster(host);

  const master = await measure(() => ssh("true"));
  const runTrue = await measure(() =>
    callTool(client, "ssh_run", { alias: "demo", command: "true" }),
  );
  const cancel = await measure(() => cancelTree(client), 10);

  console.log(`\n| what | p50 ms | p95 ms | to \`ssh demo true\` over ControlMaster |`);
  console.log("|---|---|---|---|");
  row("`ssh demo true` over ControlMaster", master);
  row("ssh_run of `true`, warm connection, MCP over HTTP", runTrue);
  row(`cancel of a tree of ${processTreeSize + 1}, call to verified gone`, cancel);

  function row(what: string, times: readonly number[]): void {
    const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
    const ratio = p50 / percentile(master, 0.5);
    console.log(`| ${what} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${ratio.toFixed(1)} × |`);
  }
}

/** A running OpenSSH master connection, and a function that runs a command over it. */
async function startControlMaster(host: Sshd): Promise<(command: string) => Promise<string>> {
  const ssh = requireProgram("ssh");
  const config = ["-F", host.sshConfigFile, "-o", `ControlPath=${join(host.dir, "control")}`];
  await run(ssh, [...config, "-o", "ControlMaster=yes", "-o", "ControlPersist=yes", "-fN", "demo"]);
  cleanup.add(() => run(ssh, [...config, "-O", "exit", "demo"]));
  return (command) => run(ssh, [...config, "demo", command]);
}

/** @returns the ms from the call to the verified end. */
async function cancelTree(client: Client): Promise<number> {
  const marker = uniqueMarker();
  const command = processTreeCommand(marker);
  const { task_id: id } = await callTool(client, "ssh_run_async", { alias: "demo", command });
  await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);
  const start = performance.now();
  const { receipt } = await callTool(client, "ssh_cancel_async_task", { task_id: id });
  const ms = performance.now() - start;
  const verified = typeof receipt === "object" && receipt !== null && "verified" in receipt;
  if (!verified || receipt.verified !== true) throw new Error("The cancel was not verified");
  return ms;
}

/** Times of several rounds in ms, after one that warms up; work that measures itself gives its own. */
async function measure(work: () => Promise<unknown>, times = rounds): Promise<number[]> {
  await work();
  const all: number[] = [];
  for (let round = 0; round < times; round++) {
    const start = performance.now();
    const own = await work();
    all.push(typeof own === "number" ? own : performance.now() - start);
  }
  return all.sort((a, b) => a - b);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
