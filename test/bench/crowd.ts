import { spawn } from "node:child_process";
import { endProcessGroup } from "../support/childProcesses";
import type { Cleanup } from "../support/cleanup";
import { eventually } from "../support/eventually";
import { listProcesses } from "../support/processes";

/** Processes that do nothing but be there. */
export interface Crowd {
  end(): Promise<void>;
}

/** Starts so many `sleep`s, which end by themselves should nobody come to it. */
export async function startCrowd(size: number, cleanup: Cleanup): Promise<Crowd> {
  const script = `i=0; while [ $i -lt ${size} ]; do sleep 300 & i=$((i + 1)); done; wait`;
  const child = spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" });
  const end = (): Promise<void> => endProcessGroup(child);
  cleanup.add(end);
  const here = (): boolean =>
    listProcesses().filter(({ group }) => group === child.pid).length > size;
  await eventually(`${size} processes are there`, here, 60_000);
  return { end };
}
