import { CancelLadder, isOwnExit, type Climb } from "./cancelLadder";
import { describeReceipt, type CancelReceipt, type CancelRequest } from "./cancelReceipt";
import { CancelRetries } from "./cancelRetries";
import { within, type Clock } from "./clock";
import { DisposableStore } from "./lifecycle";
import type { Logger } from "./logger";
import { OutputLog } from "./outputLog";
import type { HostProcess, RemoteEnd, RemoteHost, RemoteProcess, RemoteTask } from "./remoteHost";
import {
  isEnded,
  leftRunning,
  mayMove,
  type OnHost,
  type PendingTask,
  type Task,
  type TaskFacts,
} from "./task";
import { endOfCancel, endOfItself } from "./taskEnd";

export interface TaskRunParts {
  readonly host: RemoteHost;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of a cancel that names none. */
  readonly graceSeconds: () => number;
  readonly onChange: (task: Task) => void;
  readonly onOutput: () => void;
  /** Told by how many bytes the output takes more memory, or less when negative. */
  readonly accountOutput: (bytes: number) => void;
  /** Resolves when the command may be sent to its host, which is ready. */
  readonly admit: () => Promise<void>;
  /** Asks for the cancel of this task, by the way that is everybody's. */
  readonly requestCancel: (request: CancelRequest) => void;
}

/** How long the rest of the output and the exit code may take once the processes are gone. */
const drainMs = 1000;
/** How long the exit code of a command that ended by itself may take to arrive. */
const exitCodeMs = 2000;
/** Output kept of an ended task, per stream, beside its first 256 KiB: together the 1 MiB of one result. */
const keptTailBytes = 768 * 1024;

/** One live task: its way from the queue to its end, its output, its deadline and its one cancel. */
export class TaskRun {
  readonly output: OutputLog;
  private readonly owned = new DisposableStore();
  private remote: RemoteTask | undefined;
  private process: RemoteProcess | undefined;
  private startedAt: number | undefined;
  private ladder: CancelLadder | undefined;
  private attempt: Promise<void> | undefined;
  private readonly retries: CancelRetries;
  /** Trying again would show no more. */
  private hopeless = false;
  private leftovers: { readonly ladder: CancelLadder; readonly climb: Promise<Climb> } | undefined;
  private readonly facts: TaskFacts;
  private current: Task;

  constructor(
    accepted: PendingTask,
    private readonly parts: TaskRunParts,
  ) {
    this.current = accepted;
    this.output = new OutputLog(parts.accountOutput);
    this.retries = this.owned.add(new CancelRetries(parts.clock));
    const { status, ...facts } = accepted;
    this.facts = facts;
    if (accepted.maxSeconds === 0) return;
    const reason = `deadline of ${accepted.maxSeconds} s reached`;
    const onDeadline = (): void => parts.requestCancel({ requestedBy: "deadline", reason });
    this.owned.add(parts.clock.after(accepted.maxSeconds * 1000, onDeadline));
  }

  get task(): Task {
    return this.current;
  }

  /** Launches the command; called once there is a place for it. A task cancelled before that is never launched. */
  start(): void {
    if (this.task.status !== "pending") return;
    const remote = this.parts.host.start({
      taskId: this.task.id,
      command: this.task.command,
      admit: this.parts.admit,
      onOutput: (stream, bytes) => {
        if (isEnded(this.task)) return;
        this.output.append(stream, bytes);
        this.parts.onOutput();
      },
    });
    this.remote = remote;
    void remote.started.then((process) => {
      if (process) this.onStarted(process);
    });
    void remote.ended.then((end) => this.onRemoteEnd(end));
  }

  /**
   * Begins the cancel, joins the one under way, or tries again one that could not be verified. The first request is the
   * one that counts; a later one can only shorten the grace.
   * @returns a promise that resolves when this attempt is over, verified or not. Never rejects.
   */
  cancel(request: CancelRequest): Promise<void> {
    if (isEnded(this.task)) return Promise.resolve();
    this.ladder?.join(request);
    if (this.attempt) return this.attempt;
    this.ladder ??= this.owned.add(this.createLadder(request));
    this.retries.reset();
    this.moveToCancelling(this.ladder);
    return this.climb(this.ladder);
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
    this.leftovers?.ladder.join(request);
    this.leftovers ??= this.climbForLeftovers(request);
    const { receipt } = await this.leftovers.climb;
    if (isEnded(this.task) && this.task.status !== "cancelled") {
      const left = receipt.verified ? 0 : leftRunning(this.task);
      this.move({ ...this.task, receipt, leftRunning: left });
    }
    return receipt;
  }

  private climbForLeftovers(request: CancelRequest): NonNullable<TaskRun["leftovers"]> {
    const ladder = this.createLadder(request);
    const climb = ladder.climb(this.remote).finally(() => {
      ladder.dispose();
      this.leftovers = undefined;
    });
    return { ladder, climb };
  }

  private createLadder(request: CancelRequest): CancelLadder {
    const graceSeconds = request.graceSeconds ?? this.parts.graceSeconds();
    return new CancelLadder({ ...request, graceSeconds }, this.parts.clock);
  }

  /** Its host can be reached: a verification that failed may work now. */
  onHostReached(): void {
    const { status } = this.task;
    if (!this.ladder || this.attempt || this.hopeless) return;
    if (status !== "cancelling" && status !== "lost") return;
    this.retries.reset();
    this.moveToCancelling(this.ladder);
    void this.climb(this.ladder);
  }

  private onStarted(process: RemoteProcess): void {
    this.process = process;
    this.startedAt = this.parts.clock.now();
    if (this.task.status !== "pending") return;
    this.move({ ...this.facts, ...this.onHost, status: "running", startedAt: this.startedAt });
  }

  private onRemoteEnd(end: RemoteEnd): void {
    switch (this.task.status) {
      case "pending":
      case "running":
        if (end.kind === "unseen") {
          this.parts.requestCancel({ requestedBy: "connection", reason: end.error.message });
        } else {
          this.move(endOfItself(this.endedNow, end));
        }
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

  private climb(ladder: CancelLadder): Promise<void> {
    this.retries.begin();
    this.attempt = ladder.climb(this.remote).then(async (climb) => {
      if (climb.receipt.verified) return this.conclude(climb);
      // Over before anybody hears of it: who asks again in that moment gets a new attempt.
      this.attempt = undefined;
      this.tryAgainLater(ladder, climb);
    });
    return this.attempt;
  }

  /** The host has nothing of it any more: now the only question is which end that was. */
  private async conclude({ receipt, exit, exitCode }: Climb): Promise<void> {
    if (exitCode !== undefined) {
      this.move(endOfItself(this.endedNow, { kind: "exited", exitCode }, receipt));
      return;
    }
    const patience = exit === "ours" ? drainMs : exitCodeMs;
    const end = this.remote && (await within(this.parts.clock, patience, this.remote.ended));
    this.move(
      end?.kind === "exited" && isOwnExit(exit, end.exitCode)
        ? endOfItself(this.endedNow, end, receipt)
        : endOfCancel(this.endedNow, receipt),
    );
  }

  private tryAgainLater(ladder: CancelLadder, { receipt, final }: Climb): void {
    this.hopeless = final;
    const { cancel } = ladder;
    this.parts.logger.warn(`${this.task.id}: ${describeReceipt(receipt, this.task.alias)}`);
    if (!final && this.retries.schedule(() => void this.climb(ladder))) {
      this.move({ ...this.facts, ...this.onHost, status: "cancelling", cancel, receipt });
    } else {
      const lostAt = this.parts.clock.now();
      this.move({ ...this.facts, ...this.onHost, status: "lost", cancel, receipt, lostAt });
    }
  }

  private moveToCancelling({ cancel }: CancelLadder): void {
    this.move({ ...this.facts, ...this.onHost, status: "cancelling", cancel });
  }

  private get onHost(): OnHost {
    const hostAddress = this.process?.hostAddress ?? "";
    const { startedAt } = this;
    return startedAt === undefined ? { hostAddress } : { startedAt, hostAddress };
  }

  private get endedNow(): TaskFacts & OnHost & { readonly endedAt: number } {
    return { ...this.facts, ...this.onHost, endedAt: this.parts.clock.now() };
  }

  private move(next: Task): void {
    if (!mayMove(this.task.status, next.status)) {
      this.parts.logger.error(
        `${next.id}: refused to go from ${this.task.status} to ${next.status}`,
      );
      return;
    }
    const ends = isEnded(next) && !isEnded(this.task);
    this.current = next;
    if (ends) {
      this.owned.dispose();
      this.output.end(keptTailBytes);
      this.remote?.release();
      // It may be kept for long: not with what it has of its host, unless something is left to end there.
      if (leftRunning(next) === 0) this.remote = undefined;
    } else if (next.status === "lost") {
      this.output.shrink(keptTailBytes);
    }
    this.parts.onChange(next);
  }
}
