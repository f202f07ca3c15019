import { isEnded, leftRunning, type Task } from "../tasks/task";
import type { TreeContext } from "./commandIds";

/** What can be done about a task: its menu in the tree, its button in the panel, its place in the pickers. */
export function contextOf(task: Task): TreeContext {
  if (isEnded(task)) return leftRunning(task) > 0 ? "endedWithLeftovers" : "ended";
  return task.status === "cancelling" || task.status === "lost" ? task.status : "cancellable";
}
