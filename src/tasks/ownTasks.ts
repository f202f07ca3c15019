import type { CancelRequest } from "./cancelReceipt";
import type { Clock } from "./clock";
import { describeForLog } from "./describeForLog";
import type { Limits } from "./limits";
import type { Logger } from "./logger";
import type { RemoteHosts } from "./remoteHost";
import { RunSlots } from "./runSlots";
import { isEnded, isSettled, type PendingTask, type Task } from "./task";
import type { TaskEvents } from "./taskEvents";
import type { Durability } from "./taskHandover";
import type { TaskKeeper } from "./taskKeeper";
import { TaskRegistry } from "./taskRegistry";
import { TaskRun, type TaskRunParts } from "./taskRun";
import type { StoredTask } from "./taskStore";

export interface OwnTasksParts {
  readonly clock: Clock;
  readonly hosts: RemoteHosts;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly durability?: Durability;
}

/** What hears of them, and what they ask for. */
export interface OwnTasksLinks {
  readonly events: TaskEvents;
  readonly keeper: TaskKeeper | undefined;
  readonly accountOutput: (bytes: number) => void;
  readonly requestCancel: (taskId: string, request: CancelRequest) => void;
}

/** The tasks of this window: each has its place in the queue of its host, and is told of and kept as it changes. */
export class OwnTasks {
  readonly registry: TaskRegistry;
  private readonly slots: RunSlots;

  constructor(
    private readonly parts: OwnTasksParts,
    private readonly links: OwnTasksLinks,
  ) {
    this.slots = new RunSlots(parts.limits);
    this.registry = new TaskRegistry(parts.limits, parts.clock, (run) => this.onRemove(run));
  }

  /** @throws TaskError `tooManyTasks` when too many wait already. */
  requirePlace(alias: string): void {
    this.registry.prune();
    this.slots.requirePlace(alias);
  }

  accept(task: PendingTask): Task {
    const run = new TaskRun(task, this.runParts(task));
    this.registry.add(run);
    // The event comes before the launch, so that nobody hears of a task running that was never pending.
    this.onChange(run, task);
    this.slots.enter(task.id, task.alias, () => run.start());
    return run.task;
  }

  /** Of an earlier window; does nothing where it is known already. */
  takeUp(stored: StoredTask): void {
    const { task } = stored;
    if (this.registry.find(task.id)) return;
    const run = new TaskRun(task, this.runParts(task), stored);
    this.registry.add(run);
    if (!isSettled(task)) this.slots.take(task.id, task.alias);
    this.links.events.fireChange(task);
    run.takeUp();
  }

  onHostReached(alias: string): void {
    for (const run of this.registry.list()) {
      if (run.task.alias === alias) run.onHostReached();
    }
  }

  private runParts({ id, alias }: Task): TaskRunParts {
    const { clock, durability, hosts, limits, logger } = this.parts;
    const { accountOutput, events, keeper, requestCancel } = this.links;
    return {
      host: hosts.host(alias),
      clock,
      logger,
      graceSeconds: () => limits.graceSeconds,
      whyAttached: () => durability?.whyAttached(),
      onChange: (run, next) => this.onChange(run, next),
      onOutput: (run) => {
        keeper?.onOutput(run);
        events.fireOutput(id);
      },
      accountOutput,
      // What runs on the host is known to whoever comes after this window, whenever that ends.
      admit: () =>
        keeper ? this.slots.admit(id).then(() => keeper.isKept(id)) : this.slots.admit(id),
      requestCancel: (request) => requestCancel(id, request),
    };
  }

  private onRemove(run: TaskRun): void {
    run.forget();
    this.links.keeper?.remove(run.task.id);
    this.links.events.fireRemoval(run.task.id);
  }

  private onChange(run: TaskRun, task: Task): void {
    this.links.keeper?.onChange(run);
    if (isEnded(task) || task.status === "lost") this.slots.leave(task.id);
    if (task.status !== "running") this.parts.logger.info(describeForLog(task));
    this.links.events.fireChange(task);
  }
}
