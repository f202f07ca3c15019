import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Client } from "ssh2";
import { AttachedTask } from "../src/ssh/attachedTask";
import { SshConnection } from "../src/ssh/sshConnection";
import type { SshHosts } from "../src/ssh/sshHosts";
import { defaultLimits } from "../src/tasks/limits";
import {
  comeAndGo,
  countHeld,
  countTimers,
  excess,
  takeCensus,
  type Census,
} from "./support/census";
import { eventually } from "./support/eventually";
import { usedBytes } from "./support/heap";
import { createProduct, type Product } from "./support/product";
import { proxiedConfig } from "./support/sshHarness";
import { startSshd, type Sshd } from "./support/sshd";
import { startTcpProxy, type TcpProxy } from "./support/tcpProxy";
import { cancelRunning, doWork, runTasks, type Work } from "./support/workload";

const warmUp: Work = {
  tasks: 25,
  cancelsInLaunch: 10,
  cancelsOfTrees: [10],
  lostLinks: [5, 5],
  takenBack: 10,
  sessions: 4,
  panels: 4,
};

const work: Work = {
  tasks: 500,
  cancelsInLaunch: 100,
  cancelsOfTrees: [50, 10, 10, 10, 10, 10],
  lostLinks: [10, 10, 10, 10, 10],
  takenBack: 100,
  sessions: 100,
  panels: 50,
};

const limits = {
  ...defaultLimits,
  maxRunningPerHost: 50,
  maxConnectionsPerHost: 10,
  idleConnectionSeconds: 1,
};

const mark = "SSH_TASKS_LEAKS=1";
/** Of these there are none while nothing is under way. */
const transient = ["connection", "process", "active resource TCPSocketWrap"];
const nothing: Census = new Map();
/** What an open connection has for the cancels of its tasks. */
const controlShell: Census = new Map([["process on the host /bin/sh -s", 1]]);
const MiB = 1024 * 1024;

describe("a long day of tasks, cancels and lost links", { timeout: 180_000 }, () => {
  let sshd: Sshd;
  let proxy: TcpProxy;
  let product: Product;
  let hostDir: string;
  let first: Map<string, number>;
  let last: Census;
  let growth = 0;
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => {
    if (warning.name !== "ExperimentalWarning") warnings.push(String(warning));
  };
  const census = (): Census => takeCensus({ tasks: product.tasks, sshd, mark, hostDir });

  before(async () => {
    process.on("warning", onWarning);
    hostDir = await mkdtemp(join(tmpdir(), "host-"));
    await mkdir(join(hostDir, "tmp"));
    const environment = { HOME: hostDir, TMPDIR: join(hostDir, "tmp"), SSH_TASKS_LEAKS: "1" };
    sshd = await startSshd({ aliases: ["build01"], environment, endProcessesOnClose: true });
    proxy = await startTcpProxy(sshd.port);
    const sshConfigFile = await proxiedConfig(sshd, proxy.port);
    const knownHostsFile = join(sshd.dir, "proxied_known_hosts");
    product = await createProduct({ sshConfigFile, knownHostsFile }, limits);
    const place = { product, limits, sshd, proxy };

    await doWork(place, warmUp);
    await settled(() => withKinds(census(), transient), nothing);
    first = new Map([...census(), ...countTimers()]);
    for (const name of withKinds(first, transient).keys()) first.delete(name);
    const bytes = await usedBytes();
    await doWork(place, work);
    last = await settled(census, first);
    const held = (): Census => new Map([...countHeld(comeAndGo), ...countTimers()]);
    last = new Map([...last, ...(await settled(held, first))]);
    growth = (await usedBytes()) - bytes;
  });
  after(async () => {
    process.off("warning", onWarning);
    await product.close();
    proxy.close();
    await sshd.close();
    await rm(hostDir, { recursive: true, force: true });
  });

  it("leaves no connection, process or file on the host", () => {
    assert.deepEqual(excess(first, last, ["connection", "process", "file on the host"]), []);
  });

  it("leaves no timer, socket, file or other resource open", () => {
    assert.deepEqual(excess(first, last, ["timer", "active resource", "file descriptor"]), []);
  });

  it("leaves no listener", () => {
    assert.deepEqual(excess(first, last, ["listener"]), []);
  });

  it("leaves nobody who holds a task that was cleared, or a connection, session or panel that was closed", () => {
    assert.deepEqual(excess(first, last, ["object"]), []);
  });

  it("leaves the heap at most 32 MiB larger", () => {
    assert.ok(growth <= 32 * MiB, `${growth} bytes`);
  });

  it("brings no warning and no error", () => {
    assert.deepEqual([warnings, product.errors], [[], []]);
  });

  it("leaves a connection that stays open with the listeners it began with, no channel and no timer", async (t) => {
    limits.idleConnectionSeconds = 60;
    t.after(async () => {
      limits.idleConnectionSeconds = 1;
      await runTasks(product, 1);
    });
    await runTasks(product, 1);
    const before = census();
    const [client, ...others] = openClients(product.hosts);
    assert.ok(client && others.length === 0);
    const listeners = countListeners(client);

    await runTasks(product, 30);
    for (let i = 0; i < 10; i++) await cancelRunning(product);

    assert.deepEqual(openClients(product.hosts), [client]);
    const left = (): string[] => [
      ...excess(controlShell, census(), ["process"]),
      ...excess(before, census(), ["active resource Timeout", "listener"]),
    ];
    await eventually("nothing else is left", () => left().length === 0, 3000).catch(
      () => undefined,
    );
    assert.deepEqual(left(), []);
    assert.deepEqual(countListeners(client), listeners);
  });

  it("holds no channel and no connection for a task that is kept", async () => {
    await runTasks(product, 1);
    await settled(() => withKinds(census(), transient), nothing);

    const held = await settled(() => countHeld([AttachedTask, SshConnection]), nothing);

    assert.notDeepEqual(product.tasks.listTasks(), []);
    assert.deepEqual(excess(nothing, held), []);
  });
});

function withKinds(census: Census, kinds: readonly string[]): Census {
  return new Map([...census].filter(([name]) => kinds.some((kind) => name.startsWith(kind))));
}

/** The count once nothing is left over, or as it is after so long that idle connections, HTTP's too, are closed. */
async function settled(count: () => Census, before: Census): Promise<Census> {
  let latest = count();
  const done = (): boolean => excess(before, (latest = count())).length === 0;
  await eventually("settled", done, 15_000).catch(() => undefined); // the tests say what is left
  return latest;
}

function openClients(hosts: SshHosts): Client[] {
  return [...hosts["pools"].values()]
    .flatMap((pool) => [...pool["members"]])
    .flatMap(({ connection }) =>
      connection instanceof SshConnection ? [connection["client"]] : [],
    );
}

function countListeners(client: Client): Record<string, number> {
  const names = client.eventNames();
  return Object.fromEntries(names.map((name) => [name, client.listenerCount(name)]));
}
