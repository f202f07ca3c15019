import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { requireProgram, run } from "../support/childProcesses";
import type { Cleanup } from "../support/cleanup";
import type { Sshd } from "../support/sshd";

/** The OpenSSH client on a connection that is open already (ControlMaster); nobody reads what its commands print. */
export interface OpenSsh {
  /** Runs a command to its end; rejects when it fails. */
  run(command: string): Promise<void>;
  start(command: string): ChildProcess;
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
    async run(command) {
      const [code] = (await once(start(command), "exit")) as [number | null];
      if (code !== 0) throw new Error(`ssh ${command} ended with ${code ?? "a signal"}`);
    },
  };
}
