import { isEnded, type Task } from "../tasks/task";

/** By what the lines of the tree are grouped. */
export const groupings = ["status", "host"] as const;
export type Grouping = (typeof groupings)[number];

/** A heading of the tree, and the tasks below it, newest first. */
export interface TaskGroup {
  /** No task has such an id: those have two colons. */
  readonly id: string;
  readonly title: string;
  readonly tasks: readonly Task[];
}

/** Takes tasks, oldest first, apart into groups; there is none without a task. */
export function groupTasks(tasks: readonly Task[], grouping: Grouping): TaskGroup[] {
  const groups = new Map<string, Task[]>();
  if (grouping === "status") for (const id of ["running", "finished"]) groups.set(id, []);
  for (const task of [...tasks].reverse()) {
    const id = groupOf(task, grouping);
    const group = groups.get(id);
    if (group) group.push(task);
    else groups.set(id, [task]);
  }
  const found = [...groups].map(([id, all]) => ({ id, title: titleOf(id), tasks: all }));
  const filled = found.filter((group) => group.tasks.length > 0);
  return grouping === "host" ? filled.sort((a, b) => a.id.localeCompare(b.id)) : filled;
}

/** The id of the group that a task is in. */
export function groupOf(task: Task, grouping: Grouping): string {
  if (grouping === "host") return `host:${task.alias}`;
  return isEnded(task) ? "finished" : "running";
}

function titleOf(id: string): string {
  if (id.startsWith("host:")) return id.slice("host:".length);
  return id === "running" ? "Running" : "Finished";
}
