import type { RemoteProcess } from "../tasks/remoteHost";
import type { TaskTarget } from "./remoteScripts";

/** The main process of a task, from what leader.sh says of it: pid, start, boot id, supervisor, reaper. */
export function processFrom(words: readonly string[], hostAddress: string): RemoteProcess {
  // They go back to the host as words of a request.
  const [pid, startTime = "", bootId = "", supervisor = "", reaper = ""] = words.map((word) =>
    word.replace(/[^\w:.+-]/g, ""),
  );
  return { pid: Number(pid), startTime, bootId, supervisor, reaper, hostAddress, durable: false };
}

/** What a request about the task needs to name. */
export function targetOf(taskId: string, process: RemoteProcess | undefined): TaskTarget {
  return {
    taskId,
    leader: process ? `${process.pid}:${process.startTime}` : "",
    bootId: process?.bootId ?? "",
    supervisor: process?.supervisor ?? "",
    reaper: process?.reaper ?? "",
  };
}
