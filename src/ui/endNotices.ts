import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import { elapsedMs, isEnded, type Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import { cancelTask } from "./cancelTask";
import { formatElapsed, isTicking } from "./elapsed";
import type { Notify } from "./notify";
import { describeStatus, noteOf, titleOf } from "./taskText";

export interface EndNoticeParts {
  readonly tasks: Pick<TaskManager, "cancelTask" | "isElsewhere" | "onDidChangeTask">;
  readonly notify: Pick<Notify, "ask" | "inform" | "warn">;
  readonly panel: { readonly show: (taskId?: string) => void };
  /** Seconds that a task must have taken for its end to be told; 0 is never. */
  readonly afterSeconds: () => number;
}

/** Ends that come closer than this are told together, where there are many. */
const gatherMs = 500;
const maxApart = 3;

const showOutput = "Show Output";
const retryCancel = "Retry Cancel";
const open = "Open SSH Tasks";

/**
 * Tells a person who looks elsewhere of the end of what took long, and of a task that may still run though its end was asked
 * for. What they have cancelled themselves they know.
 */
export function tellOfEnds(parts: EndNoticeParts): Disposable {
  const owned = new DisposableStore();
  const live = new Set<string>();
  let ended: Task[] = [];
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    const told = ended;
    ended = [];
    if (told.length > maxApart) void tellOfMany(parts, told.length);
    else for (const task of told) void tellOf(parts, task);
  };
  owned.add(
    parts.tasks.onDidChangeTask((task) => {
      if (isTicking(task)) {
        live.add(task.id);
        return;
      }
      if (!live.delete(task.id) || !isWorthTelling(parts, task)) return;
      ended.push(task);
      timer ??= setTimeout(tell, gatherMs);
    }),
  );
  owned.add({ dispose: () => clearTimeout(timer) });
  return owned;
}

function isWorthTelling({ tasks, afterSeconds }: EndNoticeParts, task: Task): boolean {
  if (tasks.isElsewhere(task.id)) return false; // that window tells of it
  // What a person asks for tells them itself, and so does the end of the session.
  const asked = "cancel" in task ? task.cancel?.requestedBy : undefined;
  if (task.status === "lost") return asked === undefined || isOthers(asked);
  const seconds = afterSeconds();
  if (!isEnded(task) || seconds === 0 || elapsedMs(task, task.endedAt) < seconds * 1000)
    return false;
  return task.status !== "cancelled" || isOthers(task.receipt.requestedBy);
}

function isOthers(requester: string): boolean {
  return requester.startsWith("agent:") || ["deadline", "connection"].includes(requester);
}

async function tellOf({ tasks, notify, panel }: EndNoticeParts, task: Task): Promise<void> {
  const what = `${titleOf(task.command, 60)} on ${task.alias}`;
  if (task.status === "lost") {
    const why = noteOf(task)?.text ?? "It may still run.";
    const answer = await notify.warn(`${what}: ${why}`, [retryCancel, showOutput]);
    if (answer === retryCancel) await cancelTask({ tasks, notify }, task.id, "tree");
    else if (answer !== undefined) panel.show(task.id);
    return;
  }
  const text = `${what}: ${describeStatus(task)} after ${formatElapsed(task, Date.now())}.`;
  const tell = task.status === "failed" ? notify.warn.bind(notify) : notify.ask.bind(notify);
  if ((await tell(text, [showOutput])) !== undefined) panel.show(task.id);
}

async function tellOfMany({ notify, panel }: EndNoticeParts, count: number): Promise<void> {
  if ((await notify.ask(`${count} SSH tasks have ended.`, [open])) !== undefined) panel.show();
}
