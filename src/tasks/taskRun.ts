import type { CancelReceipt, CancelRequest } from "./cancelReceipt";
import type { Clock } from "./clock";
import { DisposableStore } from "./lifecycle";
import { LeftoversStop } from "./leftoversStop";
import type { Logger } from "./logger";
import { OutputLog } from "./outputLog";
import type {
  HostProcess,
  RemoteEnd,
  RemoteHost,
  RemoteProcess,
  RemoteTask,
  TaskSinks,
} from "./remoteHost";
import { isDurable, isEnded, leftRunning, type Task } from "./task";
import { TaskCancel } from "./taskCancel";
import { TaskState } from "./taskState";
import type { StoredTask } from "./taskStore";

export interface TaskRunParts {
  readonly host: RemoteHost;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Why a task that is to be durable is not, if so. */
  readonly whyAttached: () => string | undefined;
  /** Of a cancel that names none. */
  readonly graceSeconds: () => number;
  readonly onChange: (run: TaskRun, task: Task) => void;
  readonly onOutput: (run: TaskRun) => void;
  /** Told by how many bytes the output takes more memory, or less when negative. */
  readonly accountOutput: (bytes: number) => void;
  /** Resolves when the command may be sent to its host, which is ready. */
  readonly admit: () => Promise<void>;
  /** Asks for the cancel of this task, by the way that is everybody's. */
  readonly requestCancel: (request: CancelRequest) => void;
}

/** Output kept of an ended task, per stream, beside its first 256 KiB: together the 1 MiB of one result. */
const keptTailBytes = 768 * 1024;

const windowClosed = "its window was closed";

/** One task: its way from the queue to its end, its output, its deadline and its one cancel. */
export class TaskRun {
  readonly output: OutputLog;
  private readonly state: TaskState;
  private readonly owned = new DisposableStore();
  private remote: RemoteTask | undefined;
  private readonly taskCancel: TaskCancel;
  private readonly leftovers: LeftoversStop;

  constructor(
    task: Task,
    private readonly parts: TaskRunParts,
    stored: Omit<StoredTask, "task"> = {},
  ) {
    const { accountOutput, clock, logger } = parts;
    this.output = stored.output
      ? OutputLog.restore(stored.output, accountOutput)
      : new OutputLog(accountOutput);
    const onMove = (before: Task, next: Task): void => this.onMove(before, next);
    this.state = new TaskState(task, { clock, logger, onMove }, stored.process);
    this.taskCancel = this.owned.add(new TaskCancel(this.state, () => this.remote, parts));
    this.leftovers = new LeftoversStop(parts);
    const { maxSeconds, createdAt } = task;
    if (maxSeconds === 0 || isEnded(task)) return;
    const passedMs = Math.max(0, clock.now() - createdAt);
    const leftMs = Math.max(0, maxSeconds * 1000 - passedMs);
    this.owned.add(clock.after(leftMs, () => this.onDeadline()));
  }

  get task(): Task {
    return this.state.task;
  }

  /** Its main process on its host, once it is known. */
  get process(): RemoteProcess | undefined {
    return this.state.process;
  }

  /** Launches the command; called once there is a place for it. A task cancelled before that is never launched. */
  start(): void {
    if (this.task.status !== "pending") return;
    const { id: taskId, command, merge, maxSeconds } = this.task;
    const { host, admit, whyAttached } = this.parts;
    const why = this.task.durable ? whyAttached() : undefined;
    const durable = this.task.durable && why === undefined;
    const how = { durable, merge, maxSeconds, admit };
    this.hearOf(host.start({ ...this.sinks, taskId, command, ...how }), why);
  }

  /**
   * Of a task of an earlier window, once it can be found. What is durable is followed again, also where that window has not
   * heard whether it was started; of what isn't, the end is asked for, as nobody will see it otherwise.
   */
  takeUp(): void {
    const { task, process } = this;
    const follow = isDurable(task) && !isEnded(task);
    const what = { taskId: task.id, process, follow, from: this.output.size };
    const remote = this.parts.host.adopt({ ...this.sinks, ...what });
    if (isEnded(task)) this.remote = remote;
    else this.hearOf(remote);
    this.taskCancel.resume();
    if (!follow && (task.status === "pending" || task.status === "running")) this.onWindowClosed();
  }

  private onWindowClosed(): void {
    this.parts.requestCancel({ requestedBy: "shutdown", reason: windowClosed });
  }

  /** Lets go of what goes on without this window. */
  detach(): void {
    this.owned.dispose();
    this.remote?.release();
  }

  /** Nobody asks for it any more: its host may forget it too. */
  forget(): void {
    this.output.keepOnly(0, 0);
    if (isDurable(this.task)) this.remote?.forget();
  }

  /**
   * Begins the cancel, joins the one under way, or tries again one that could not be verified. The first request is the
   * one that counts; a later one can only shorten the grace.
   * @returns a promise that resolves when this attempt is over, verified or not. Never rejects.
   */
  cancel(request: CancelRequest): Promise<void> {
    if (isEnded(this.task)) return Promise.resolve();
    return this.taskCancel.request(request);
  }

  /** The live processes of the task on its host; none before its launch. Rejects with a TaskError. */
  listProcesses(): Promise<readonly HostProcess[]> {
    return this.remote?.listProcesses() ?? Promise.resolve([]);
  }

  /**
   * Ends what an ended task left running: one climb of the same ladder, whose receipt the task then has. Joined by whoever
   * asks meanwhile. @returns the receipt; undefined when the task left nothing.
   */
  async stopLeftovers(request: CancelRequest): Promise<CancelReceipt | undefined> {
    if (leftRunning(this.task) === 0) return undefined;
    const receipt = await this.leftovers.climb(request, this.remote);
    this.state.leftoversStopped(receipt);
    return receipt;
  }

  /** Its host can be reached: a verification that failed may work now. */
  onHostReached(): void {
    this.taskCancel.tryNow();
  }

  private hearOf(remote: RemoteTask, attachedBecause?: string): void {
    this.remote = remote;
    const known = attachedBecause === undefined ? {} : { attachedBecause };
    void remote.started.then((process) => process && this.state.started({ ...process, ...known }));
    void remote.ended.then((end) => this.onRemoteEnd(end));
  }

  private get sinks(): TaskSinks {
    const grow = (change: () => void): void => {
      if (isEnded(this.task)) return;
      change();
      this.parts.onOutput(this);
    };
    return {
      onOutput: (stream, bytes) => grow(() => this.output.append(stream, bytes)),
      onGap: (stream, to) => grow(() => this.output.skipTo(stream, to)),
      onLink: (connected) => this.state.linked(connected),
    };
  }

  private onDeadline(): void {
    const reason = `deadline of ${this.task.maxSeconds} s reached`;
    this.parts.requestCancel({ requestedBy: "deadline", reason });
  }

  private onRemoteEnd(end: RemoteEnd): void {
    switch (this.task.status) {
      case "pending":
      case "running":
        this.onEndUnasked(end);
        return;
      case "cancelling":
      case "lost":
        // The end of the main process is news as well.
        if (end.kind === "exited") this.onHostReached();
        return;
      case "completed":
      case "failed":
      case "cancelled":
        return;
    }
  }

  private onEndUnasked(end: RemoteEnd): void {
    if (end.kind === "unseen") {
      this.parts.requestCancel({ requestedBy: "connection", reason: end.error.message });
    } else if (end.kind === "lost" && this.task.status === "pending") {
      // Its host does not know it, so it may still be on its way there.
      this.onWindowClosed();
    } else if (end.kind === "lost") {
      this.state.lost({ error: end.error });
    } else if (end.kind === "exited" && end.timedOut) {
      this.onDeadline();
    } else {
      this.state.ended(end);
    }
  }

  private onMove(before: Task, next: Task): void {
    if (isEnded(next) && !isEnded(before)) {
      this.owned.dispose();
      this.output.end(keptTailBytes);
      this.remote?.release();
      // It may be kept for long: not with what it has of its host, unless something is to be ended or removed there.
      if (leftRunning(next) === 0 && !isDurable(next)) this.remote = undefined;
    } else if (next.status === "lost") {
      this.output.shrink(keptTailBytes);
    }
    this.parts.onChange(this, next);
  }
}
