import { describeOutcome, type CancelOutcome } from "./cancelOutcome";
import type { CancelReceipt, CancelRequest } from "./cancelReceipt";
import { within, type Clock } from "./clock";
import type { Limits } from "./limits";
import type { Logger } from "./logger";
import type { MirroredTasks } from "./mirroredTasks";
import type { HostProcess } from "./remoteHost";
import { isCancellable } from "./task";
import { asError } from "./taskError";
import { checkGraceSeconds } from "./taskRequest";
import type { TaskRegistry } from "./taskRegistry";

/** How long after its grace a cancel may take to answer; the work on it goes on behind the answer. */
const answerMarginSeconds = 10;

export interface TaskEndingParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Pick<Limits, "graceSeconds">;
}

/** Ends tasks, each by the window that has it: this one, or another that is asked to. */
export class TaskEnding {
  constructor(
    private readonly parts: TaskEndingParts,
    private readonly own: TaskRegistry,
    private readonly others: MirroredTasks,
  ) {}

  /** See TaskManager.cancelTask. */
  async cancel(taskId: string, request: CancelRequest): Promise<CancelOutcome> {
    const { clock, limits, logger } = this.parts;
    const graceSeconds = checkGraceSeconds(request.graceSeconds ?? limits.graceSeconds);
    const task = this.find(taskId)?.task;
    const accepted = task !== undefined && isCancellable(task);
    logger.info(
      `cancel of ${taskId} requested by ${request.requestedBy}: ${accepted ? "accepted" : (task?.status ?? "unknown")}`,
    );
    if (!accepted) return { accepted: false, ...(task && { task }) };
    const answerMs = (graceSeconds + answerMarginSeconds) * 1000;
    const failure = await within(clock, answerMs, this.cancelByOwner(taskId, request));
    const outcome = describeOutcome(this.find(taskId)?.task ?? task);
    return failure ? { ...outcome, note: failure.message } : outcome;
  }

  /** See TaskManager.listProcesses. */
  async listProcesses(taskId: string): Promise<readonly HostProcess[] | undefined> {
    const run = this.own.find(taskId);
    return run ? run.listProcesses() : this.others.find(taskId)?.window.listProcesses(taskId);
  }

  /** See TaskManager.stopLeftovers. */
  async stopLeftovers(taskId: string, request: CancelRequest): Promise<CancelReceipt | undefined> {
    if (request.graceSeconds !== undefined) checkGraceSeconds(request.graceSeconds);
    this.parts.logger.info(`end of what ${taskId} left requested by ${request.requestedBy}`);
    const run = this.own.find(taskId);
    return run
      ? run.stopLeftovers(request)
      : this.others.find(taskId)?.window.stopLeftovers(taskId, request);
  }

  private find(taskId: string) {
    return this.own.find(taskId) ?? this.others.find(taskId);
  }

  /** @returns why the window that has the task could not be asked. */
  private async cancelByOwner(taskId: string, request: CancelRequest): Promise<Error | undefined> {
    try {
      if (!this.own.find(taskId)) await this.others.cancel(taskId, request);
      await this.own.find(taskId)?.cancel(request); // or it is ours since
      return undefined;
    } catch (error) {
      return asError(error);
    }
  }
}
