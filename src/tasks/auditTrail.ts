import type { Audit } from "./audit";
import type { CancelReceipt } from "./cancelReceipt";
import type { Clock } from "./clock";
import { DisposableStore, type Disposable } from "./lifecycle";
import { elapsedMs, isEnded, isSettled, type SettledTask, type Task } from "./task";
import type { TaskManager } from "./taskManager";

export interface AuditTrailParts {
  readonly tasks: Pick<
    TaskManager,
    "findOwn" | "listOwn" | "onDidChangeTask" | "onDidRemoveTask" | "outputSize"
  >;
  readonly audit: Audit;
  readonly clock: Pick<Clock, "now">;
}

/** What was written down of a task. */
interface Noted {
  readonly status: Task["status"];
  readonly receipt: CancelReceipt | undefined;
}

/**
 * Has the cancels and the ends of this window's tasks written down, whoever asked for them; other windows write down
 * theirs. Tasks that are there already count as written down as they are.
 */
export function keepAuditTrail({ tasks, audit, clock }: AuditTrailParts): Disposable {
  const noted = new Map<string, Noted>();
  for (const { task } of tasks.listOwn()) noted.set(task.id, factsOf(task));
  const onChange = (task: Task): void => {
    if (!tasks.findOwn(task.id)) return;
    const before = noted.get(task.id);
    const now = factsOf(task);
    noted.set(task.id, now);
    const { alias, command, commandHash: hash, id: taskId } = task;
    const about = { at: clock.now(), alias, hash, command, taskId };
    if (task.status === "cancelling" && before?.status !== "cancelling") {
      const { requestedBy, reason } = task.cancel;
      audit.record({ type: "cancel", ...about, requestedBy, reason });
    }
    const isNew = before?.status !== now.status || before.receipt !== now.receipt;
    // A task of an earlier window is taken up as it is.
    const isEvent = before !== undefined || !isEnded(task);
    if (!isSettled(task) || !isNew || !isEvent) return;
    const { stdout, stderr } = tasks.outputSize(taskId);
    const bytes = { bytesOut: stdout, bytesErr: stderr };
    audit.record({ type: "end", ...about, ...endOf(task, about.at), ...bytes });
  };
  const owned = new DisposableStore();
  owned.add(tasks.onDidChangeTask(onChange));
  owned.add(tasks.onDidRemoveTask((taskId) => void noted.delete(taskId)));
  return owned;
}

function factsOf(task: Task): Noted {
  return { status: task.status, receipt: "receipt" in task ? task.receipt : undefined };
}

function endOf(task: SettledTask, now: number) {
  return {
    startedBy: task.startedBy,
    status: task.status,
    address: task.hostAddress,
    exitCode: "exitCode" in task ? task.exitCode : -1,
    timeout: "timeout" in task && task.timeout,
    createdAt: task.createdAt,
    durationMs: elapsedMs(task, now),
    ...("receipt" in task && task.receipt && { receipt: task.receipt }),
  };
}
