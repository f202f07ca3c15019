import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { requireProgram, run } from "../support/childProcesses";
import type { Cleanup } from "../support/cleanup";
import type { Sshd } from "../support/sshd";

/** The OpenSSH client on a connection that is open already (ControlMaster). */
export interface OpenSsh {
  /** Runs a command to its end, and nobody reads what it prints; rejects when it fails. */
  run(command: string): Promise<void>;
  start(command: string): ChildProcess;
  /** The same for one whose standard output somebody reads. */
  open(command: string): ChildProcessByStdio<null, Readable, null>;
}

/** Opens the connection, and ends it with the others. */
export async function openSsh(host: Sshd, cleanup: Cleanup): Promise<OpenSsh> {
  const ssh = requireProgram("ssh");
  const config = ["-F", host.sshConfigFile, "-o", `ControlPath=${join(host.dir, "control")}`];
  const master = ["-o", "ControlMaster=yes", "-o", "ControlPersist=yes", "-fN"];
  await run(ssh, [...config, ...master, host.alias]);
  cleanup.add(() => run(ssh, [...config, "-O", "exit", host.alias]));
  const start = (command: string): ChildProcess =>
    spawn(ssh, [...config, host.alias, command], { stdio: "ignore" });
  return {
    start,
    open: (command) =>
      spawn(ssh, [...config, host.alias, command], { stdio: ["ignore", "pipe", "ignore"] }),
    async run(command) {
      const [code] = (await once(start(command), "exit")) as [number | null];
      if (code !== 0) throw new Error(`ssh ${command} ended with ${code ?? "a signal"}`);
    },
  };
}
