import type { Disposable } from "../tasks/lifecycle";
import type { Limits } from "../tasks/limits";
import { shuttingDown, TaskError } from "../tasks/taskError";
import { abortable, asReason } from "./abortable";
import type { Lease, LeaseRequest } from "./lease";
import { createMember, load, type Member, type OpenShared } from "./poolMember";
import type { HostConnection } from "./hostConnection";

export type PoolLimits = Pick<
  Limits,
  "maxConnectionsPerHost" | "maxTasksPerConnection" | "idleConnectionSeconds"
>;

export interface OpenOptions {
  /** Waits for no other sign-in. */
  readonly urgent: boolean;
  /** Something is to be started over it, so the network rules hold. */
  readonly starts: boolean;
  /** Over nothing that was there before. */
  readonly fresh?: boolean;
}

export type OpenConnection = (options: OpenOptions) => Promise<HostConnection>;

export interface PoolRules {
  /** Rejects with a TaskError where nothing may be started over the connection. */
  readonly requireAllowed?: (connection: HostConnection) => Promise<void>;
  /** Whether a sign-in waits for the person: then there is one alone. */
  readonly isAsking?: () => boolean;
}

/** A handshake younger than this is not stuck yet: another cancel may as well wait for it. */
const sharedMs = 1000;

interface Waiting extends LeaseRequest {
  resolve(lease: Promise<Lease>): void;
}

/** The connections to one host: shared while used, closed when idle, replaced when gone. */
export class ConnectionPool implements Disposable {
  private readonly members = new Set<Member>();
  private readonly queue: Waiting[] = [];
  /** Tasks that the server takes on one connection, once it has refused one. */
  private capacity = Infinity;
  private disposed = false;

  constructor(
    private readonly open: OpenConnection,
    private readonly limits: PoolLimits,
    private readonly openShared: OpenShared,
    private readonly rules: PoolRules = {},
  ) {}

  /**
   * A place for a task: on a connection that has one, on a new one, or else as soon as another task gives its place up.
   * Rejects with a TaskError when the host can't be reached or nothing may be started there, and with the signal's reason
   * when it is aborted.
   */
  async leaseForTask(request: LeaseRequest): Promise<Lease> {
    const { signal } = request;
    if (signal.aborted) throw asReason(signal);
    const member = this.placeForTask(request);
    if (member) return this.lease(member, "tasks", request);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { ...request, resolve };
      this.queue.push(waiting);
      signal.addEventListener("abort", () => {
        const index = this.queue.indexOf(waiting);
        if (index >= 0) this.queue.splice(index, 1);
        reject(asReason(signal));
      });
    });
  }

  /**
   * A place for a cancel: on the open connection that has a control channel or is least busy, or on a new one, which
   * cancels that come together share.
   * Never waits behind tasks.
   */
  leaseForCancel(options: { readonly fresh: boolean }): Promise<Lease> {
    const members = [...this.members];
    const open = options.fresh ? [] : members.filter((member) => member.connection?.isOpen);
    const leastBusy = open.sort((a, b) => load(a) - load(b))[0];
    const opening = members.find((member) => this.isJustOpening(member));
    return this.lease(
      leastBusy ?? opening ?? this.add({ urgent: true, starts: false, fresh: options.fresh }),
      "controls",
    );
  }

  /** A place for a durable task; all of them share one channel while there is one. Rejects as `leaseForTask` does. */
  async leaseForDurable(request: LeaseRequest): Promise<Lease> {
    const { signal, starts } = request;
    if (signal.aborted) throw asReason(signal);
    const members = [...this.members];
    const member =
      members.find(({ durable, connection }) => durable.exists && connection?.isOpen) ??
      members.find(({ connection }) => !connection || connection.isOpen) ??
      this.add({ urgent: false, starts });
    return this.lease(member, "durables", request);
  }

  /** Makes sure that a busy host has a control channel, so that a cancel need not wait for one. */
  prepareControl(): void {
    const members = [...this.members];
    if (members.some(({ control }) => control.exists)) return;
    const open = members.filter(({ connection }) => connection?.isOpen);
    const leastBusy = open.sort((a, b) => load(a) - load(b))[0];
    // Where there is no room for one, a cancel finds its own way.
    leastBusy?.control.get().catch(() => undefined);
  }

  get hasOpenConnection(): boolean {
    return [...this.members].some((member) => member.connection?.isOpen);
  }

  /** Whether a sign-in waits for the person. */
  get isAsking(): boolean {
    return this.rules.isAsking?.() ?? false;
  }

  /** Closes the connections that nobody uses, and each of the others as soon as nobody uses it. */
  closeUnused(): void {
    for (const member of [...this.members]) {
      member.closing = true;
      this.idleIfUnused(member);
    }
  }

  /** Closes all connections; there are no new ones after that. */
  dispose(): void {
    this.disposed = true;
    for (const member of [...this.members]) this.drop(member);
  }

  private placeForTask({ starts }: Pick<LeaseRequest, "starts">): Member | undefined {
    for (const member of this.members) {
      if (member.tasks < this.tasksPerConnection) return member;
    }
    const mayAdd = this.members.size < this.limits.maxConnectionsPerHost;
    return mayAdd ? this.add({ urgent: false, starts }) : undefined;
  }

  private get tasksPerConnection(): number {
    return Math.min(this.limits.maxTasksPerConnection, this.capacity);
  }

  private isJustOpening({ connection, since, controls }: Member): boolean {
    if (connection || controls >= this.tasksPerConnection) return false;
    return performance.now() - since < sharedMs || this.isAsking;
  }

  private add(options: OpenOptions): Member {
    const opening = this.disposed ? Promise.reject(shuttingDown()) : this.open(options);
    const member = createMember(opening, this.openShared, !options.starts);
    this.members.add(member);
    member.opening.then(
      (connection) => {
        member.connection = connection;
        connection.onDidClose(() => this.remove(member));
        if (!this.members.has(member)) connection.end();
        else this.idleIfUnused(member);
      },
      () => this.remove(member),
    );
    return member;
  }

  private async lease(
    member: Member,
    use: "tasks" | "controls" | "durables",
    request?: LeaseRequest,
  ): Promise<Lease> {
    member[use]++;
    member.leases++;
    clearTimeout(member.idle);
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      member[use]--;
      this.idleIfUnused(member);
      this.serveQueue();
    };
    try {
      const connection = await (request
        ? abortable(member.opening, request.signal)
        : member.opening);
      if (request?.starts) await this.rules.requireAllowed?.(connection);
      return {
        connection,
        release,
        refuse: () => this.refuse(member, release),
        control: () => member.control.get(),
        durable: () => member.durable.get(),
      };
    } catch (error) {
      release();
      // They may not want to sign in for what nobody asked for, and do so for this.
      const isAskedFor = request?.starts === true && member.isUnasked;
      if (!isAskedFor || !(error instanceof TaskError) || error.code !== "signInGivenUp")
        throw error;
      return use === "tasks" ? this.leaseForTask(request) : this.leaseForDurable(request);
    }
  }

  private refuse(member: Member, release: () => void): boolean {
    const others = member.tasks + member.controls + member.durables - 1;
    const wasOfUse = member.leases > 1;
    if (others > 0) {
      this.capacity = Math.max(1, Math.min(this.tasksPerConnection, member.tasks - 1));
    } else {
      // Some servers grant nothing any more on a connection on which they have refused something.
      this.drop(member);
    }
    release();
    return others > 0 || wasOfUse;
  }

  private serveQueue(): void {
    while (this.queue.length > 0) {
      const [waiting] = this.queue;
      const member = waiting && this.placeForTask(waiting);
      if (!member) return;
      this.queue.shift();
      waiting.resolve(this.lease(member, "tasks", waiting));
    }
  }

  private idleIfUnused(member: Member): void {
    if (member.tasks + member.controls + member.durables > 0 || !this.members.has(member)) return;
    clearTimeout(member.idle);
    const idleMs = this.limits.idleConnectionSeconds * 1000;
    if (member.closing) this.drop(member);
    else member.idle = setTimeout(() => this.drop(member), idleMs).unref();
  }

  private drop(member: Member): void {
    this.remove(member);
    member.connection?.end();
  }

  private remove(member: Member): void {
    clearTimeout(member.idle);
    if (!this.members.delete(member)) return;
    if (this.members.size === 0) this.capacity = Infinity;
    this.serveQueue();
  }
}
