import { readFileSync } from "node:fs";
import { listProcesses, type ProcessInfo } from "../support/processes";
import type { Sshd } from "../support/sshd";
import { sharedMiB } from "./memory";

/** Of a second, as the kernel counts them for everybody (USER_HZ, proc_pid_stat(5)). */
const ticksPerSecond = 100;

/** What tasks are on their host. */
export interface HostCost {
  /** The processes of all tasks: what waits for each, and what it runs. */
  readonly processes: number;
  /** The share of memory of each of those that wait, in MiB. */
  readonly supervisorMiB: readonly number[];
  /** The sessions that all of them are in. */
  readonly sessions: ReadonlySet<number>;
}

/** The pid of the process that follows the durable tasks of a host (`remote/durable.pl`), once there is one. */
export function findFollower(host: Sshd): number | undefined {
  const commands = new Set(host.commands());
  return listProcesses().find(({ pid, argv }) => commands.has(pid) && argv[0] === "ssh-tasks")?.pid;
}

/** Looks at the tasks of these ids, all of which have to be there. */
export function costOf(taskIds: readonly string[]): HostCost {
  const names = new Set(taskIds.map((id) => `ssh-tasks ${id}`));
  const all = listProcesses();
  const supervisors = all.filter(({ argv: [name = ""] }) => names.has(name));
  if (supervisors.length !== taskIds.length)
    throw new Error(`${supervisors.length} of ${taskIds.length} tasks are on the host`);
  const members = withDescendants(supervisors, all);
  return {
    processes: members.length,
    supervisorMiB: supervisors.map(({ pid }) => sharedMiB(pid)),
    sessions: new Set(members.map(({ session }) => session)),
  };
}

/** How many live processes are in one of these sessions. */
export function countIn(sessions: ReadonlySet<number>): number {
  return listProcesses().filter(({ session }) => sessions.has(session)).length;
}

/** The processor time that a process has used so far, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // utime and stime are fields 14 and 15; those after the name, which may hold anything, begin with the third.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function withDescendants(
  processes: readonly ProcessInfo[],
  all: readonly ProcessInfo[],
): ProcessInfo[] {
  const childrenOf = new Map<number, ProcessInfo[]>();
  for (const one of all) {
    const siblings = childrenOf.get(one.parent) ?? [];
    siblings.push(one);
    childrenOf.set(one.parent, siblings);
  }
  const found = [...processes];
  // Those that are added are visited as well.
  for (const { pid } of found) found.push(...(childrenOf.get(pid) ?? []));
  return found;
}
