import { CancelLadder, isOwnExit, type Climb } from "./cancelLadder";
import { describeReceipt, type CancelRequest } from "./cancelReceipt";
import { CancelRetries } from "./cancelRetries";
import { within, type Clock } from "./clock";
import { DisposableStore, type Disposable } from "./lifecycle";
import type { Logger } from "./logger";
import type { RemoteTask } from "./remoteHost";
import type { TaskState } from "./taskState";

export interface TaskCancelParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of a cancel that names none. */
  readonly graceSeconds: () => number;
}

/** How long the rest of the output and the exit code may take once the processes are gone. */
const drainMs = 1000;
/** How long the exit code of a command that ended by itself may take to arrive. */
const exitCodeMs = 2000;

/** The one cancel of a task: its attempts, one after another, and the end it comes to. */
export class TaskCancel implements Disposable {
  private readonly owned = new DisposableStore();
  private readonly retries: CancelRetries;
  private ladder: CancelLadder | undefined;
  private attempt: Promise<void> | undefined;
  /** Trying again would show no more. */
  private hopeless = false;

  constructor(
    private readonly state: TaskState,
    private readonly remote: () => RemoteTask | undefined,
    private readonly parts: TaskCancelParts,
  ) {
    this.retries = this.owned.add(new CancelRetries(parts.clock));
  }

  /** Begins it, joins the attempt under way, or makes another. Resolves when that is over; never rejects. */
  request(request: CancelRequest): Promise<void> {
    this.ladder?.join(request);
    if (this.attempt) return this.attempt;
    this.ladder ??= this.createLadder(request);
    return this.climbAnew(this.ladder);
  }

  /** Goes on with the cancel that the task was in when its window closed. */
  resume(): void {
    const { task } = this.state;
    if (!("cancel" in task) || !task.cancel) return;
    this.ladder = this.createLadder(task.cancel);
    if (task.status === "cancelling") void this.climb(this.ladder);
  }

  /** Makes another attempt, if there is hope that it shows more than the last. */
  tryNow(): void {
    const { status } = this.state.task;
    if (!this.ladder || this.attempt || this.hopeless) return;
    if (status === "cancelling" || status === "lost") void this.climbAnew(this.ladder);
  }

  /** The task has ended. */
  dispose(): void {
    this.owned.dispose();
  }

  private createLadder(request: CancelRequest & { readonly requestedAt?: number }): CancelLadder {
    const graceSeconds = request.graceSeconds ?? this.parts.graceSeconds();
    return this.owned.add(new CancelLadder({ ...request, graceSeconds }, this.parts.clock));
  }

  private climbAnew(ladder: CancelLadder): Promise<void> {
    this.retries.reset();
    this.state.cancelling(ladder.cancel);
    return this.climb(ladder);
  }

  private climb(ladder: CancelLadder): Promise<void> {
    this.retries.begin();
    this.attempt = ladder.climb(this.remote()).then(async (climb) => {
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
      this.state.ended({ kind: "exited", exitCode }, receipt);
      return;
    }
    const patience = exit === "ours" ? drainMs : exitCodeMs;
    const ended = this.remote()?.ended;
    const end = ended && (await within(this.parts.clock, patience, ended));
    const own = end?.kind === "exited" && !end.timedOut && isOwnExit(exit, end.exitCode);
    if (own) this.state.ended(end, receipt);
    else this.state.cancelled(receipt);
  }

  private tryAgainLater(ladder: CancelLadder, { receipt, final }: Climb): void {
    this.hopeless = final;
    const { cancel } = ladder;
    const { id, alias } = this.state.task;
    this.parts.logger.warn(`${id}: ${describeReceipt(receipt, alias)}`);
    if (!final && this.retries.schedule(() => void this.climb(ladder))) {
      this.state.cancelling(cancel, receipt);
    } else {
      this.state.lost({ cancel, receipt });
    }
  }
}
