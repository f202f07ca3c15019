import { readFileSync } from "node:fs";

const sampleMs = 100;

/** What watching a process's memory has seen, in MiB. */
export interface MemoryUse {
  readonly start: number;
  readonly max: number;
}

/** Samples the resident memory of a process; the function it gives stops that. */
export function watchMemory(pid: number): () => MemoryUse {
  const start = residentMiB(pid);
  let max = start;
  const sample = (): void => void (max = Math.max(max, residentMiB(pid)));
  const timer = setInterval(sample, sampleMs);
  return () => {
    clearInterval(timer);
    sample();
    return { start, max };
  };
}

/** Resident memory (VmRSS, proc_pid_status(5)) in MiB. */
export function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Its share of the memory that it has with others (Pss, proc_pid_smaps_rollup(5)) in MiB. */
export function sharedMiB(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) / 1024;
}
