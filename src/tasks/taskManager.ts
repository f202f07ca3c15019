import { AllTasks, type KnownTask } from "./allTasks";
import type { CancelOutcome } from "./cancelOutcome";
import type { CancelReceipt, CancelRequest } from "./cancelReceipt";
import { within } from "./clock";
import type { Disposable } from "./lifecycle";
import type { Limits } from "./limits";
import { MirroredTasks } from "./mirroredTasks";
import type { WindowNews } from "./otherWindow";
import { OutputMemory } from "./outputMemory";
import { OwnTasks } from "./ownTasks";
import type { HostCatalog, HostProcess, RemoteHosts } from "./remoteHost";
import { isEnded, type PendingTask, type Task } from "./task";
import { hostNotFound, shuttingDown } from "./taskError";
import { TaskEnding } from "./taskEnding";
import { TaskEvents } from "./taskEvents";
import { TaskHandover, type TaskHandoverParts } from "./taskHandover";
import { hashCommand, TaskIds } from "./taskId";
import { checkAlias, checkCommand, checkMaxSeconds } from "./taskRequest";
import { secondsWithin, type RunRules } from "./runRules";
import { TaskKeeper } from "./taskKeeper";
import { TaskQueries } from "./taskQueries";
import type { StoredTask } from "./taskStore";
import { waitForTask, type WaitOptions } from "./waitForTask";

export interface TaskManagerParts extends TaskHandoverParts {
  readonly catalog: Pick<HostCatalog, "findHost">;
  readonly hosts: RemoteHosts;
  readonly limits: Limits;
  /** What bounds every task; absent is nothing. */
  readonly rules?: Pick<RunRules, "maxSeconds">;
}

export interface StartRequest {
  readonly alias: string;
  readonly command: string;
  /** `agent:<client>` or the door of the UI. */
  readonly startedBy: string;
  /** Seconds it may take; 0 is no limit. Absent: `defaultSeconds`, or what the policy allows where that is less. */
  readonly maxSeconds?: number | undefined;
  /** 0 or absent is no limit. */
  readonly defaultSeconds?: number;
  /** To outlive the connection and the window; absent is no. */
  readonly durable?: boolean;
  /** Both output streams in one, in the order they were written; makes it durable. */
  readonly merge?: boolean;
}

/** What shutting down may take in all. */
const shutdownMs = 4000;

/** The one registry of tasks, whatever door they came through, and the one way to end them. */
export class TaskManager extends TaskQueries implements Disposable {
  private readonly ids: TaskIds;
  private readonly own: OwnTasks;
  private readonly reached: Disposable;
  private readonly handover: TaskHandover;
  private readonly mirrored: MirroredTasks;
  private readonly ending: TaskEnding;
  protected readonly events: TaskEvents;
  protected readonly known: AllTasks;
  private closing: Promise<unknown> | undefined;

  constructor(private readonly parts: TaskManagerParts) {
    super();
    const { clock, hosts, limits, logger, store } = parts;
    this.ids = new TaskIds(() => clock.now());
    this.events = new TaskEvents(logger);
    const keeper = store && new TaskKeeper(store, clock);
    const memory = new OutputMemory(limits, () => this.known.outputs());
    const accountOutput = memory.account;
    this.own = new OwnTasks(parts, {
      events: this.events,
      keeper,
      accountOutput,
      requestCancel: (taskId, request) => void this.cancelTask(taskId, request),
    });
    this.handover = new TaskHandover(parts, keeper, (stored) => this.takeUp(stored));
    this.mirrored = new MirroredTasks({
      clock,
      events: this.events,
      accountOutput,
      isOwn: (taskId) => this.own.registry.find(taskId) !== undefined,
      takeOver: () => this.handover.takeOver(),
    });
    this.known = new AllTasks(this.own.registry, this.mirrored);
    this.ending = new TaskEnding(parts, this.own.registry, this.mirrored);
    this.reached = hosts.onDidConnect((alias) => this.own.onHostReached(alias));
  }

  /**
   * Accepts a command for a host. It is `pending` when this resolves, and launched as soon as there is a place for it.
   * Rejects with a TaskError: `invalidRequest`, `hostNotFound`, `limitExceeded`, `policyInvalid`, `tooManyTasks`,
   * `shuttingDown`, `configUnreadable`.
   */
  async startTask(request: StartRequest): Promise<Task> {
    const alias = checkAlias(request.alias);
    const command = checkCommand(request.command);
    const { maxSeconds: asked, defaultSeconds = 0 } = request;
    if (asked !== undefined) checkMaxSeconds(asked);
    const host = await this.parts.catalog.findHost(alias);
    if (!host) throw hostNotFound(alias);
    const bound = await this.parts.rules?.maxSeconds(host);
    const maxSeconds = secondsWithin(bound, asked, defaultSeconds, alias);
    if (this.closing) throw shuttingDown();
    this.own.requirePlace(alias);
    const commandHash = hashCommand(command);
    const task: PendingTask = {
      id: this.ids.next(alias, commandHash),
      alias,
      command,
      commandHash,
      startedBy: request.startedBy,
      createdAt: this.parts.clock.now(),
      maxSeconds,
      durable: request.durable ?? false,
      merge: request.merge ?? false,
      status: "pending",
    };
    return this.own.accept(task);
  }

  /**
   * Takes up the tasks of earlier windows that were kept; to be called once, before anything is started. @returns those
   * that went on meanwhile. Rejects as the store's `load` does.
   */
  restore(): Promise<readonly Task[]> {
    return this.handover.restore();
  }

  /**
   * The one way to end a task, for every door. Several calls are one cancel: the first reason is kept, and a later call
   * can only shorten the grace. Resolves when the end was verified or could not be, and at the latest the grace plus
   * 10 s after the call; the cancel goes on behind that. @throws TaskError `invalidRequest` for a bad grace.
   */
  async cancelTask(taskId: string, request: CancelRequest): Promise<CancelOutcome> {
    // It may be of a window that has just ended, and nobody's yet.
    if (!this.known.find(taskId)) await this.handover.takeOver();
    return this.ending.cancel(taskId, request);
  }

  /**
   * The live processes of a task on its host, also those it left behind: what a cancel would end. Nothing is touched.
   * Undefined when no task has the id. Rejects with a TaskError when the host can't be reached or can't show them.
   */
  listProcesses(taskId: string): Promise<readonly HostProcess[] | undefined> {
    return this.ending.listProcesses(taskId);
  }

  /**
   * Ends what an ended task left running, by the same ladder; its status stays. @returns the receipt; undefined when
   * there is no such task or it left nothing. Rejects with a TaskError for a bad grace (`invalidRequest`), and when the
   * window that has the task can't be asked.
   */
  stopLeftovers(taskId: string, request: CancelRequest): Promise<CancelReceipt | undefined> {
    return this.ending.stopLeftovers(taskId, request);
  }

  /** Whole seconds the task is still kept: all of the time while it lives. */
  keepSeconds(task: Task): number {
    return this.own.registry.keepSeconds(task);
  }

  /**
   * Waits until the task has ended or is `lost`, for `timeoutMs` at the most, or until the signal is aborted. Only the
   * waiting ends then, never the task. Resolves with the task as it is; undefined when no task has the id.
   */
  waitForTask(taskId: string, options: WaitOptions = {}): Promise<Task | undefined> {
    return waitForTask(this, this.parts.clock, taskId, options);
  }

  /** Forgets an ended task and its output. @returns whether there was one with the id. */
  removeTask(taskId: string): boolean {
    const known = this.known.find(taskId);
    if (!known || !isEnded(known.task)) return false;
    if (this.known.isElsewhere(taskId)) this.mirrored.forget(taskId);
    else this.own.registry.remove(taskId);
    return true;
  }

  /** Forgets all ended tasks and their output. @returns how many. */
  clearFinished(): number {
    const finished = this.own.registry.list().filter(({ task }) => isEnded(task));
    for (const { task } of finished) this.own.registry.remove(task.id);
    return finished.length + this.mirrored.clearFinished();
  }

  /**
   * Lets go of the durable tasks that go on, and cancels what else runs, with a grace of 1 s; takes 4 s at the most.
   * Nothing new is accepted from now on.
   */
  shutdown(): Promise<unknown> {
    this.closing ??= within(this.parts.clock, shutdownMs, this.leave());
    return this.closing;
  }

  /** Ends events and begins the shutdown; whoever can wait awaits `shutdown()` first. */
  dispose(): void {
    void this.shutdown().finally(() => {
      this.reached.dispose();
      this.mirrored.dispose();
      this.events.dispose();
    });
  }

  /** The tasks of this window, for those beside it. */
  listOwn(): readonly KnownTask[] {
    return this.own.registry.list();
  }

  findOwn(taskId: string): KnownTask | undefined {
    return this.own.registry.find(taskId);
  }

  /** Who is to hear of the tasks of other windows. */
  get windowNews(): WindowNews {
    return this.mirrored;
  }

  private leave(): Promise<void> {
    const cancel = (id: string, request: CancelRequest) => this.cancelTask(id, request);
    return this.handover.leave(() => this.own.registry.list(), cancel);
  }

  private takeUp(stored: StoredTask): void {
    this.mirrored.handOver(stored.task.id);
    this.own.takeUp(stored);
  }
}
