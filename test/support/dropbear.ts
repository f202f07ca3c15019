import { join } from "node:path";
import { requireProgram, run } from "./childProcesses";
import { startSshServer, type SshServer, type SshServerOptions } from "./sshServer";
import type { SshServerFiles, SshServerSetup } from "./sshServerFiles";

/** Starts a real dropbear server and resolves once it greets. Root only, and the user's home directory is an empty one. */
export function startDropbear(options: SshServerOptions = {}): Promise<SshServer> {
  return startSshServer({ name: "dropbear", needsHome: true, configure }, options);
}

/** In the foreground, logging to stderr, without passwords, with its environment handed on to sessions. */
async function configure(files: SshServerFiles, setup: SshServerSetup): Promise<string[]> {
  const hostKeys = files.hostKeyFiles.map((file) => [file, `${file}.dropbear`] as const);
  const convert = requireProgram("dropbearconvert");
  for (const [from, to] of hostKeys) await run(convert, ["openssh", "dropbear", from, to]);
  return [
    ...["-F", "-E", "-s", "-m", "-e"],
    ...["-p", `127.0.0.1:${setup.port}`],
    ...["-P", join(files.dir, "dropbear.pid")],
    ...hostKeys.flatMap(([, file]) => ["-r", file]),
  ];
}
