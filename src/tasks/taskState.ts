import type { CancelReceipt, CancelRequest } from "./cancelReceipt";
import type { Clock } from "./clock";
import type { Logger } from "./logger";
import type { RemoteEnd, RemoteProcess } from "./remoteHost";
import { isEnded, leftRunning, mayMove, type OnHost, type Task, type TaskFacts } from "./task";
import { endOfCancel, endOfItself } from "./taskEnd";

export interface TaskStateParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each move, with the snapshots before and after it. */
  readonly onMove: (before: Task, next: Task) => void;
}

/** A cancel as its task shows it. */
type ShownCancel = CancelRequest & { readonly requestedAt: number };

/** What is known of one task, and its legal moves; what is not one is refused and logged. */
export class TaskState {
  private startedAt: number | undefined;
  private readonly facts: TaskFacts;

  /** @param process of a task that was taken up again, as far as it was known. */
  constructor(
    private current: Task,
    private readonly parts: TaskStateParts,
    private remote?: RemoteProcess,
  ) {
    const { id, alias, command, commandHash, startedBy, createdAt } = current;
    const { maxSeconds, durable, merge } = current;
    const who = { id, alias, command, commandHash, startedBy, createdAt };
    this.facts = { ...who, maxSeconds, durable, merge };
    this.startedAt = "startedAt" in current ? current.startedAt : undefined;
  }

  get task(): Task {
    return this.current;
  }

  /** Its main process, once it is known. */
  get process(): RemoteProcess | undefined {
    return this.remote;
  }

  started(process: RemoteProcess): void {
    this.remote = process;
    this.startedAt ??= this.parts.clock.now();
    if (this.task.status !== "pending") return;
    this.move({ ...this.facts, ...this.onHost, status: "running", startedAt: this.startedAt });
  }

  /** Whether there is a link to its host. */
  linked(connected: boolean): void {
    if (this.task.status !== "running") return;
    const { reconnecting, ...running } = this.task;
    if (connected !== (reconnecting === true)) return;
    this.move(connected ? running : { ...running, reconnecting: true });
  }

  cancelling(cancel: ShownCancel, receipt?: CancelReceipt): void {
    const shown = { cancel, ...(receipt && { receipt }) };
    this.move({ ...this.facts, ...this.onHost, status: "cancelling", ...shown });
  }

  /** Nobody knows whether it still runs: after a cancel that could not be verified, or since nobody waits for its end. */
  lost(
    why:
      { readonly cancel: ShownCancel; readonly receipt: CancelReceipt } | { readonly error: Error },
  ): void {
    const lostAt = this.parts.clock.now();
    this.move({ ...this.facts, ...this.onHost, status: "lost", lostAt, ...why });
  }

  /** It has ended, and nobody had to end it. */
  ended(end: Exclude<RemoteEnd, { kind: "unseen" | "lost" }>, receipt?: CancelReceipt): void {
    this.move(endOfItself(this.endedNow, end, receipt));
  }

  /** A cancel has ended it, verified. */
  cancelled(receipt: CancelReceipt): void {
    this.move(endOfCancel(this.endedNow, receipt));
  }

  /** What it left running was looked for and ended, as far as the receipt says. */
  leftoversStopped(receipt: CancelReceipt): void {
    const { task } = this;
    if (!isEnded(task) || task.status === "cancelled") return;
    this.move({ ...task, receipt, leftRunning: receipt.verified ? 0 : leftRunning(task) });
  }

  private get onHost(): OnHost {
    const { hostAddress = "", attachedBecause } = this.remote ?? {};
    const { startedAt } = this;
    return {
      ...(startedAt !== undefined && { startedAt }),
      hostAddress,
      ...(attachedBecause !== undefined && { attachedBecause }),
    };
  }

  private get endedNow(): TaskFacts & OnHost & { readonly endedAt: number } {
    return { ...this.facts, ...this.onHost, endedAt: this.parts.clock.now() };
  }

  private move(next: Task): void {
    const before = this.current;
    if (mayMove(before.status, next.status)) {
      this.current = next;
      this.parts.onMove(before, next);
    } else {
      this.parts.logger.error(`${next.id}: refused to go from ${before.status} to ${next.status}`);
    }
  }
}
