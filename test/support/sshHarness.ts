import { readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import type { Transport } from "../../src/tasks/transport";
import { SshHosts } from "../../src/ssh/sshHosts";
import type { CancelOutcome } from "../../src/tasks/cancelOutcome";
import type { CancelRequest } from "../../src/tasks/cancelReceipt";
import { systemClock } from "../../src/tasks/clock";
import type { RemoteEnd } from "../../src/tasks/remoteHost";
import type { RunRules } from "../../src/tasks/runRules";
import { isEnded, type EndedTask, type Task } from "../../src/tasks/task";
import { defaultLimits, type Limits } from "../../src/tasks/limits";
import { TaskManager, type StartRequest } from "../../src/tasks/taskManager";
import { createLogger } from "./createTasks";
import { eventually } from "./eventually";
import { startDropbear } from "./dropbear";
import { startSshd, type Sshd, type SshdOptions } from "./sshd";
import { startTcpProxy, type TcpProxy } from "./tcpProxy";
import { ensureTestUser } from "./testUser";
import type { OutputSink } from "../../src/tasks/remoteHost";
import { createLaunch } from "./launches";

/** A task that has come to its end, and what it wrote. */
export interface Finished {
  readonly task: EndedTask;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SshHarness {
  readonly sshd: Sshd;
  /** Stands between the tasks and the server; only with `proxied`. */
  readonly proxy: TcpProxy;
  readonly hosts: SshHosts;
  readonly tasks: TaskManager;
  readonly log: string[];
  /** Starts a task and gives its id. */
  readonly start: (command: string, changes?: Partial<StartRequest>) => Promise<string>;
  /** Starts a task and gives its id once it is seen running. */
  readonly startRunning: (command: string) => Promise<string>;
  readonly run: (command: string) => Promise<Finished>;
  readonly finish: (taskId: string) => Promise<Finished>;
  readonly cancel: (taskId: string, request?: Partial<CancelRequest>) => Promise<CancelOutcome>;
  /** Runs a command without a TaskManager, for its bytes as they came. */
  readonly runBytes: (
    command: string,
  ) => Promise<{ end: RemoteEnd; stdout: Buffer; stderr: Buffer }>;
  readonly close: () => Promise<void>;
}

export type ServerName = "OpenSSH" | "dropbear";

export interface SshHarnessOptions extends SshdOptions {
  readonly limits?: Partial<Limits>;
  /** Puts a proxy on the way. */
  readonly proxied?: boolean;
  /** Default OpenSSH; dropbear only as root. */
  readonly server?: ServerName;
  /** What holds for every task; default nothing. */
  readonly rules?: RunRules;
  /** Default ssh2. */
  readonly transport?: Transport;
}

/** A real TaskManager over real SSH to a real server of its own. */
export async function createSshTasks({
  server = "OpenSSH",
  ...options
}: SshHarnessOptions = {}): Promise<SshHarness> {
  // Without a home there are no rc files, whose owner this machine's tests don't know.
  const environment = { HOME: "/nonexistent", ...options.environment };
  const own = { aliases: ["build01"], endProcessesOnClose: true };
  const startServer = { OpenSSH: startSshd, dropbear: startDropbear }[server];
  const sshd = await startServer({ ...own, ...options, environment });
  const proxy = await startTcpProxy(sshd.port);
  const sshConfigFile = options.proxied
    ? await proxiedConfig(sshd, proxy.port)
    : sshd.sshConfigFile;
  const log: string[] = [];
  const logger = createLogger(log);
  const catalog = new SshHostCatalog(() => ({ sshConfigFile }), logger);
  const limits = { ...defaultLimits, maxRunningPerHost: 40, ...options.limits };
  const rules = options.rules && { rules: options.rules };
  const transport = (): Transport => options.transport ?? "ssh2";
  const way = { agentSocket: undefined, transport, ...rules };
  const hosts = new SshHosts({ catalog, logger, limits, ...way });
  const tasks = new TaskManager({
    catalog,
    hosts,
    clock: systemClock,
    logger,
    limits,
    ...rules,
  });
  const close = async (): Promise<void> => {
    await tasks.shutdown();
    hosts.dispose();
    proxy.close();
    await sshd.close();
  };
  return { sshd, proxy, hosts, tasks, log, close, ...verbs(tasks, hosts, sshd.alias) };
}

function verbs(tasks: TaskManager, hosts: SshHosts, alias: string) {
  const start = async (command: string, changes: Partial<StartRequest> = {}): Promise<string> =>
    (await tasks.startTask({ alias, command, startedBy: "agent:test", ...changes })).id;
  const startRunning = async (command: string): Promise<string> => {
    const id = await start(command);
    await eventually("the task runs", () => tasks.getTask(id)?.status === "running");
    return id;
  };
  const finish = async (id: string): Promise<Finished> => {
    const task = await tasks.waitForTask(id);
    const output = tasks.summarizeOutput(id, 1 << 20);
    return { task: ended(task), stdout: output?.stdout ?? "", stderr: output?.stderr ?? "" };
  };
  return {
    start,
    startRunning,
    finish,
    run: async (command: string) => finish(await start(command)),
    cancel: (id: string, request: Partial<CancelRequest> = {}) =>
      tasks.cancelTask(id, { requestedBy: "tree", reason: "test", ...request }),
    runBytes: async (command: string) => {
      const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const taskId = `${alias}:${"0".repeat(16)}:${Date.now()}`;
      const onOutput: OutputSink = (stream, bytes) => chunks[stream].push(bytes);
      const remote = hosts.host(alias).start(createLaunch({ taskId, command, onOutput }));
      const end = await remote.ended;
      return { end, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) };
    },
  };
}

/** Narrows to an ended task, for a test that has come to its end. */
export function ended(task: Task | undefined): EndedTask {
  if (task && isEnded(task)) return task;
  throw new Error(`Not an ended task: ${JSON.stringify(task)}`);
}

export const isRoot = process.getuid?.() === 0;

/** Who logs in to the servers of a test: the current user, and as root an ordinary one too. */
export const logins: readonly { readonly as: string; readonly user: () => Promise<string> }[] = [
  { as: "the current user", user: () => Promise.resolve(userInfo().username) },
  ...(isRoot ? [{ as: "an ordinary user", user: async () => (await ensureTestUser()).name }] : []),
];

/** An ssh config and known hosts like the server's own, but for the port of a proxy before it. */
export async function proxiedConfig(sshd: Sshd, port: number): Promise<string> {
  const proxied = async (file: string, from: string): Promise<string> => {
    const path = join(sshd.dir, from);
    const text = await readFile(file, "utf8");
    const known = text.replace(sshd.knownHostsFile, join(sshd.dir, "proxied_known_hosts"));
    await writeFile(path, known.replaceAll(String(sshd.port), String(port)), { mode: 0o600 });
    return path;
  };
  await proxied(sshd.knownHostsFile, "proxied_known_hosts");
  return proxied(sshd.sshConfigFile, "proxied_config");
}
