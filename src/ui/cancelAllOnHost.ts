import { isSettled } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import { cancelTask, type CancelParts, type Door } from "./cancelTask";
import { countTasks } from "./hostText";
import type { Notify } from "./notify";

export interface CancelAllParts extends CancelParts {
  readonly tasks: Pick<TaskManager, "cancelTask" | "listTasks">;
  readonly notify: Pick<Notify, "confirm" | "inform" | "warn">;
}

/** Cancels what runs on a host, in whatever window, once the person has seen how much that is. */
export async function cancelAllOnHost(
  parts: CancelAllParts,
  alias: string,
  door: Door,
): Promise<void> {
  const { tasks, notify } = parts;
  const running = tasks.listTasks().filter((task) => task.alias === alias && !isSettled(task));
  if (running.length === 0) {
    notify.inform(`No SSH task runs on ${alias}.`);
    return;
  }
  const count = countTasks(running.length);
  const theirs = running.length === 1 ? "Its processes" : "Their processes";
  const detail = `${theirs} on ${alias} are ended, and that is verified.`;
  if (await notify.confirm(`Cancel ${count} on ${alias}?`, detail, `Cancel ${count}`))
    await Promise.all(running.map(({ id }) => cancelTask(parts, id, door)));
}
