import type { HostCatalog, HostInfo } from "../../src/tasks/remoteHost";
import { defaultLimits, type Limits } from "../../src/tasks/limits";
import type { RunRules } from "../../src/tasks/runRules";
import type { Task } from "../../src/tasks/task";
import type { Durability } from "../../src/tasks/taskHandover";
import { TaskManager, type StartRequest } from "../../src/tasks/taskManager";
import type { TaskStore } from "../../src/tasks/taskStore";
import { FakeClock, settle } from "./fakeClock";
import { FakeRemoteHosts, type FakeRemoteTask } from "./fakeRemoteHost";

export interface CreateTasksOptions {
  readonly aliases?: readonly string[];
  readonly limits?: Partial<Limits>;
  /** What an earlier window has left. */
  readonly store?: TaskStore;
  readonly durability?: Durability;
  readonly rules?: Pick<RunRules, "maxSeconds">;
}

export interface StartedTask {
  /** As it was accepted; `tasks.getTask(task.id)` is how it is now. */
  readonly task: Task;
  readonly remote: FakeRemoteTask;
}

export interface TasksHarness {
  readonly tasks: TaskManager;
  readonly hosts: FakeRemoteHosts;
  readonly catalog: FakeHostCatalog;
  readonly clock: FakeClock;
  readonly limits: Limits;
  /** Every snapshot that was announced, in order. */
  readonly events: Task[];
  /** What was logged, each line as `level: message`. */
  readonly log: string[];
  /** Starts `true` on build01 unless said otherwise. */
  readonly start: (request?: Partial<StartRequest>) => Promise<Task>;
  /** A task whose main process was seen running. */
  readonly startRunning: (request?: Partial<StartRequest>) => Promise<StartedTask>;
}

const smallLimits: Limits = {
  ...defaultLimits,
  maxRunningPerHost: 4,
  maxRunning: 6,
  maxWaiting: 10,
  maxKept: 10,
  keepSeconds: 3600,
};

/** A TaskManager between a clock and hosts that the test drives by hand. */
export function createTasks(options: CreateTasksOptions = {}): TasksHarness {
  const aliases = options.aliases ?? ["build01", "web.example.com"];
  const clock = new FakeClock();
  const hosts = new FakeRemoteHosts(clock, aliases);
  const catalog = new FakeHostCatalog(aliases.map(createHostInfo));
  const log: string[] = [];
  const limits = { ...smallLimits, ...options.limits };
  const logger = createLogger(log);
  const { store, durability, rules } = options;
  const handover = {
    ...(store && { store }),
    ...(durability && { durability }),
    ...(rules && { rules }),
  };
  const tasks = new TaskManager({ catalog, hosts, clock, logger, limits, ...handover });
  const events: Task[] = [];
  tasks.onDidChangeTask((task) => events.push(task));

  const start = (request: Partial<StartRequest> = {}): Promise<Task> =>
    tasks.startTask({ alias: "build01", command: "true", startedBy: "agent:test", ...request });
  const startRunning = async (request?: Partial<StartRequest>): Promise<StartedTask> => {
    const task = await start(request);
    const remote = hosts.of(task.id);
    await settle(); // it is kept first
    remote.run();
    await settle();
    return { task, remote };
  };
  return { tasks, hosts, catalog, clock, limits, events, log, start, startRunning };
}

/** A catalog whose hosts, or whose failure, the test sets. */
export class FakeHostCatalog implements HostCatalog {
  /** When set, the configuration can't be read. */
  failure: Error | undefined;

  constructor(public hosts: readonly HostInfo[]) {}

  async listHosts(): Promise<readonly HostInfo[]> {
    await settle();
    if (this.failure) throw this.failure;
    return this.hosts;
  }

  async findHost(alias: string): Promise<HostInfo | undefined> {
    const hosts = await this.listHosts();
    return hosts.find((host) => host.alias === alias);
  }

  findTags(alias: string): Promise<HostInfo | undefined> {
    return this.findHost(alias);
  }
}

export function createHostInfo(alias: string): HostInfo {
  return { alias, hostName: "192.0.2.1", port: 22, user: "dev", tags: [], description: "" };
}

/** A Logger that keeps what it is told. */
export function createLogger(log: string[] = []) {
  const at = (level: string) => (message: string) => void log.push(`${level}: ${message}`);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** What opening a connection needs, with the limits that users have. */
export function createConnectParts(log: string[] = []) {
  return { logger: createLogger(log), limits: defaultLimits };
}
