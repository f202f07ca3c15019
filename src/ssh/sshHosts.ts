import { systemClock, within } from "../tasks/clock";
import { Emitter, type Disposable, type Event } from "../tasks/lifecycle";
import type { Limits } from "../tasks/limits";
import type { Logger } from "../tasks/logger";
import type { RemoteEnd, RemoteHost, RemoteHosts } from "../tasks/remoteHost";
import type { SignInPrompt } from "../tasks/signInPrompt";
import type { RunRules } from "../tasks/runRules";
import type {
  ConnectionTest,
  HostConnections,
  HostStatus,
  TestOptions,
} from "../tasks/hostConnections";
import { hostNotFound, TaskError } from "../tasks/taskError";
import type { Transport } from "../tasks/transport";
import { AttachedTask } from "./attachedTask";
import { AllowedAddresses } from "./allowedAddresses";
import { ConnectionPool, type OpenConnection, type OpenOptions } from "./connectionPool";
import { ControlChannel } from "./controlChannel";
import { DurableChannel } from "./durableChannel";
import { DurableTask, type DurableTaskHost } from "./durableTask";
import { Handshakes } from "./handshakes";
import type { SshHostCatalog } from "./hostCatalog";
import { HostNames } from "./hostNames";
import { HostRecords } from "./hostRecords";
import { onceMissing } from "./onceMissing";
import type { OpenShared } from "./poolMember";
import { Secrets } from "./secrets";
import { loginCommand } from "./system/sshArguments";
import { testConnection, type ConnectWatch, type TestParts } from "./testConnection";
import { Transports } from "./transports";
import { hopsOf } from "./wayToHost";
import type { SshHostConfig } from "./hostConfig";
import type { HostConnection } from "./hostConnection";

/** What a login shell with slow rc files may take until it reads our script. */
const scriptSeconds = 20;

export interface SshHostsParts {
  readonly catalog: Pick<SshHostCatalog, "findConfig">;
  readonly logger: Logger;
  readonly limits: Limits;
  /** Which addresses tasks may be started at; absent is all. */
  readonly rules?: Pick<RunRules, "whyAddressDenied">;
  /** Where ssh-agent listens, as SSH_AUTH_SOCK says. */
  readonly agentSocket: string | undefined;
  /** Asks the person for what a sign-in needs; absent where nobody can be asked. */
  readonly prompt?: SignInPrompt;
  /** What connections are made with, as it is set at the moment; "auto" where absent. */
  readonly transport?: () => Transport;
}

/** The way to the hosts of the catalog: one pool of connections per host. */
export class SshHosts implements RemoteHosts, HostConnections, Disposable {
  private readonly pools = new Map<string, ConnectionPool>();
  /** By address: a server does not know by which alias we come. */
  private readonly handshakes = new Map<string, Handshakes>();
  private readonly names = new HostNames();
  private readonly connected: Emitter<string>;
  private readonly addresses: AllowedAddresses;
  private readonly secrets: Secrets;
  private readonly transports: Transports;
  private readonly records: HostRecords;

  constructor(private readonly parts: SshHostsParts) {
    const { logger } = parts;
    this.addresses = new AllowedAddresses(parts.rules);
    this.secrets = new Secrets(parts.prompt);
    this.transports = new Transports(parts.transport ?? (() => "auto"));
    const onListenerError = (error: unknown): void =>
      logger.error(`a listener failed: ${String(error)}`);
    this.connected = new Emitter(onListenerError);
    this.records = new HostRecords(onListenerError);
  }

  get onDidConnect(): Event<string> {
    return this.connected.event;
  }

  get onDidChangeStatus(): Event<string> {
    return this.records.onDidChange;
  }

  status(alias: string): HostStatus {
    return this.records.status(alias);
  }

  host(alias: string): RemoteHost {
    const { limits } = this.parts;
    const at = (): DurableTaskHost => {
      const pool = this.pool(alias);
      // Whoever asks for it is told, and not everybody does.
      pool.catch((error: unknown) => this.failed(alias, error));
      return { alias, limits, pool, onDidConnect: this.onDidConnect };
    };
    return {
      start: (launch) => {
        this.secrets.wanted(alias);
        const task = launch.durable
          ? DurableTask.start(at(), launch)
          : new AttachedTask(at(), launch);
        void task.ended.then((end) => this.noteEnd(alias, end));
        return task;
      },
      adopt: (adoption) => DurableTask.adopt(at(), adoption),
    };
  }

  /**
   * Why nothing can be started on a host, going by the addresses that its name has now; undefined when it can. A name that
   * can't be resolved within the limit is one reason. Rejects with a TaskError where the host or the rules can't be read.
   */
  async whyNoAddress(alias: string): Promise<string | undefined> {
    const config = await this.configOf(alias);
    const { connectSeconds } = this.parts.limits;
    const [first = config, ...later] = hopsOf(config);
    const resolving = this.names.resolve(first.hostName).catch(() => undefined);
    const found = await within(systemClock, connectSeconds * 1000, resolving);
    if (!found) return "DNS resolution failed";
    return (await this.addresses.whyNone(found)) ?? this.addresses.whyNotThrough(later);
  }

  async testConnection(alias: string, options: TestOptions): Promise<ConnectionTest> {
    const config = await this.configOf(alias);
    const handshakes = this.handshakesAt(`${config.hostName}:${config.port}`);
    const how = { urgent: true, starts: true, fresh: true };
    const parts: TestParts = {
      limits: this.parts.limits,
      open: (watch) => handshakes.open(() => this.open(config, how, watch), how),
      follow: (attempt) => this.follow(alias, attempt),
    };
    const test = await testConnection(alias, parts, options);
    const { failure } = test;
    if (failure) this.records.wasUseless(alias, failure);
    if (failure?.step?.step === "shell")
      this.warn(alias, new TaskError(failure.code, failure.message));
    return test;
  }

  async loginCommand(alias: string): Promise<string> {
    return loginCommand(await this.configOf(alias));
  }

  disconnect(alias: string): void {
    for (const [key, pool] of this.pools) if (key.startsWith(`${alias} `)) pool.closeUnused();
  }

  /** Forgets the passphrases and passwords of this session. */
  forgetSecrets(): void {
    this.secrets.forget();
  }

  /** Closes all connections; what still runs on them is ended by its host. */
  dispose(): void {
    for (const pool of this.pools.values()) pool.dispose();
    this.pools.clear();
    this.transports.dispose();
    this.connected.dispose();
    this.records.dispose();
  }

  /** By what the config says, not by alias: after an edit of the config nothing new goes to the old place. */
  private async pool(alias: string): Promise<ConnectionPool> {
    const config = await this.configOf(alias);
    const key = `${alias} ${JSON.stringify(config)}`;
    let pool = this.pools.get(key);
    if (!pool) {
      const { maxSpoolBytes: spoolBytes, keepOnHostDays: keepDays } = this.parts.limits;
      const handshakes = this.handshakesAt(`${config.hostName}:${config.port}`);
      const open: OpenConnection = (how) =>
        this.follow(
          alias,
          handshakes.open(() => this.open(config, how), how),
        );
      const openShared: OpenShared = {
        control: (connection) =>
          ControlChannel.open(connection, { alias, seconds: scriptSeconds, keepDays }),
        durable: onceMissing((connection) =>
          DurableChannel.open(connection, { alias, seconds: scriptSeconds, spoolBytes }),
        ),
      };
      pool = new ConnectionPool(open, this.parts.limits, openShared, {
        requireAllowed: ({ addresses }) => this.addresses.require(alias, addresses),
        isAsking: () => this.secrets.isAsking(alias),
      });
      this.pools.set(key, pool);
    }
    return pool;
  }

  /** Rejects with a TaskError where there is none. */
  private async configOf(alias: string): Promise<SshHostConfig> {
    const config = await this.parts.catalog.findConfig(alias);
    if (!config) throw hostNotFound(alias);
    return config;
  }

  private follow(alias: string, attempt: Promise<HostConnection>): Promise<HostConnection> {
    attempt.catch((error: unknown) => this.warn(alias, error));
    return this.records.follow(alias, attempt);
  }

  /** An attempt has failed before there was anything to follow. */
  private failed(alias: string, error: unknown): void {
    this.warn(alias, error);
    this.records.failed(alias, error);
  }

  /** A connection without a shell is of no use. */
  private noteEnd(alias: string, end: RemoteEnd): void {
    const error = end.kind === "neverRan" ? end.error : undefined;
    if (error instanceof TaskError && error.code === "shellFailed") this.failed(alias, error);
  }

  /** Once for each failure: not for its repetitions, nor for each task that waits for it. */
  private warn(alias: string, error: unknown): void {
    if (error instanceof TaskError)
      this.parts.logger.warn(`${alias}: ${error.code}: ${error.message}`);
  }

  private handshakesAt(address: string): Handshakes {
    const found = this.handshakes.get(address) ?? new Handshakes(this.parts.limits);
    this.handshakes.set(address, found);
    return found;
  }

  private async open(
    config: SshHostConfig,
    { starts, urgent, fresh = false }: OpenOptions,
    watch?: ConnectWatch,
  ): Promise<HostConnection> {
    const connection = await this.transports.open(config, {
      ...this.parts,
      ...watch,
      fresh,
      names: this.names,
      secrets: this.secrets,
      unasked: starts ? undefined : urgent ? "cancel" : "follow",
      ...(starts && {
        allowed: (found) => this.addresses.allowed(config.alias, found),
        allowedHop: (name) => this.addresses.requireHop(config.alias, name),
      }),
    });
    this.connected.fire(config.alias);
    return connection;
  }
}
