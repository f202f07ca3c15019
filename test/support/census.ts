import { readdirSync, readlinkSync } from "node:fs";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { AttachedTask } from "../../src/ssh/attachedTask";
import { SshConnection } from "../../src/ssh/sshConnection";
import type { TaskManager } from "../../src/tasks/taskManager";
import { TaskRun } from "../../src/tasks/taskRun";
import { PanelSession } from "../../src/ui/panelSession";
import { countObjects } from "./heap";
import { findByEnvironment, listProcesses } from "./processes";
import type { Sshd } from "./sshd";

/** How many there are of each thing that somebody has to let go. */
export type Census = ReadonlyMap<string, number>;

/** Where to look. */
export interface CensusPlaces {
  readonly tasks: TaskManager;
  readonly sshd: Sshd;
  /** `NAME=value` that every session of the server has in its environment. */
  readonly mark: string;
  /** Home directory and TMPDIR of the sessions. */
  readonly hostDir: string;
}

/** Of a constructor only what all have, as some are private. */
interface AnyClass {
  readonly name: string;
  readonly prototype: object;
}

/** The classes whose objects come and go. */
export const comeAndGo: readonly AnyClass[] = [
  TaskRun,
  AttachedTask,
  SshConnection,
  McpServer,
  PanelSession,
];

const Timer = setTimeout(() => undefined).constructor as new () => object;

/** Counts everything that can be seen from outside, or at once. */
export function takeCensus({ tasks, sshd, mark, hostDir }: CensusPlaces): Census {
  const remote = findByEnvironment(mark).map(({ argv }) => argv.slice(0, 2).join(" "));
  return new Map([
    ...count("active resource", process.getActiveResourcesInfo()),
    ...count("file descriptor", fileDescriptors()),
    ...listeners(tasks),
    ["connection at the server", connectionsAt(sshd)],
    ...count("process on the host", remote),
    ...count("file on the host", readdirSync(hostDir, { recursive: true }).map(String)),
  ]);
}

/** Counts the timers that something holds, those too that let the process end. */
export function countTimers(): Census {
  return new Map([["timer", countObjects(Timer)]]);
}

/** Counts what something holds of the objects of these classes; takes a while. */
export function countHeld(classes: readonly AnyClass[]): Census {
  return new Map(
    classes.map((one) => [`object ${one.name}`, countObjects(one as new () => object)]),
  );
}

/** What there is more of, in words. */
export function excess(before: Census, after: Census, kinds: readonly string[] = [""]): string[] {
  return [...after]
    .filter(([name, now]) => now > (before.get(name) ?? 0))
    .filter(([name]) => kinds.some((kind) => name.startsWith(kind)))
    .map(([name, now]) => `${name}: ${before.get(name) ?? 0} before, ${now} now`);
}

function count(kind: string, names: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, number]) => [`${kind} ${name}`, number] as const);
}

/** What each is open for: a file by its path, everything else by its kind. */
function fileDescriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, "")];
    } catch {
      return []; // the one that the folder was read with
    }
  });
}

function listeners(tasks: TaskManager): (readonly [string, number])[] {
  return [
    ...(["changed", "removed", "output"] as const).map(
      (name) => [`listener of tasks ${name}`, tasks["events"][name]["listeners"].size] as const,
    ),
    ...process
      .eventNames()
      .map((name) => [`listener of process ${String(name)}`, process.listenerCount(name)] as const),
  ];
}

/** sshd has at least one process for each. */
function connectionsAt({ dir }: Sshd): number {
  const processes = listProcesses();
  const server = processes.find(
    ({ parent, argv }) => parent === process.pid && argv.join(" ").includes(dir),
  );
  return processes.filter(({ parent }) => parent === server?.pid).length;
}
