import type { HostConnections } from "../tasks/hostConnections";
import { isDurable, type Task } from "../tasks/task";
import type { TaskManager } from "../tasks/taskManager";
import { cancelTask, type Door } from "./cancelTask";
import { isTicking } from "./elapsed";
import { countTasks } from "./hostText";
import type { Notify } from "./notify";

export interface DisconnectParts {
  readonly hosts: Pick<HostConnections, "disconnect">;
  readonly tasks: Pick<TaskManager, "cancelTask" | "isElsewhere" | "listTasks">;
  readonly notify: Pick<Notify, "confirm" | "inform" | "warn">;
}

/**
 * Closes the connections to a host. A task that would end with them is cancelled, if the person wants that; what runs on
 * without them would need a new one at once, so it keeps its own.
 */
export async function disconnectHost(
  parts: DisconnectParts,
  alias: string,
  door: Door,
): Promise<void> {
  const { hosts, tasks, notify } = parts;
  const isHere = (task: Task): boolean =>
    task.alias === alias && isTicking(task) && !tasks.isElsewhere(task.id);
  const running = tasks.listTasks().filter(isHere);
  const attached = running.filter((task) => !isDurable(task));
  const kept = running.length - attached.length;
  if (attached.length > 0) {
    const detail = `${describeEnd(attached.length)} ${kept > 0 ? describeKept(alias, kept) : ""}`;
    if (!(await notify.confirm(`Disconnect ${alias}?`, detail.trim(), "Cancel and Disconnect")))
      return;
  } else if (kept > 0) notify.inform(describeKept(alias, kept));
  const cancels = attached.map(({ id }) => cancelTask(parts, id, door));
  hosts.disconnect(alias);
  await Promise.all(cancels);
}

function describeEnd(count: number): string {
  const [end, are] = count === 1 ? ["ends with its", "it is"] : ["end with their", "they are"];
  return `${countTasks(count)} ${end} connection, so ${are} cancelled first.`;
}

/** Short, as a notification shows one line of it. */
function describeKept(alias: string, count: number): string {
  return `${alias} stays connected while ${countTasks(count)} ${count === 1 ? "runs" : "run"} there.`;
}
