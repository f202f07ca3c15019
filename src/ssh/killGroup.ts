import type { ChildProcess } from "node:child_process";

/** Signals a process that was started in a group of its own, with all that is in it; on Windows the process alone. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended meanwhile.
  }
}
