import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startSshServer, type SshServer, type SshServerOptions } from "./sshServer";
import type { SshServerFiles, SshServerSetup } from "./sshServerFiles";

export interface SshdOptions extends SshServerOptions {
  /** Further lines of sshd_config, e.g. "MaxSessions 1"; stronger than ours. */
  readonly config?: readonly string[];
}

/** A real OpenSSH server. */
export type Sshd = SshServer;

/** Starts an OpenSSH server and resolves once it greets. */
export async function startSshd({ config = [], ...options }: SshdOptions = {}): Promise<Sshd> {
  const configure = async (files: SshServerFiles, setup: SshServerSetup): Promise<string[]> => {
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const file = join(files.dir, "sshd_config");
    await writeFile(file, [...config, ...serverConfig(files, setup), ""].join("\n"), {
      mode: 0o600,
    });
    return ["-D", "-e", "-f", file];
  };
  return startSshServer({ name: "sshd", needsHome: false, configure }, options);
}

function serverConfig(files: SshServerFiles, setup: SshServerSetup): string[] {
  const variables = Object.entries(setup.environment).map(([name, value]) => `"${name}=${value}"`);
  return [
    "ListenAddress 127.0.0.1",
    `Port ${setup.port}`,
    ...files.hostKeyFiles.map((file) => `HostKey "${file}"`),
    `AuthorizedKeysFile "${files.authorizedKeysFile}"`,
    `AllowUsers ${setup.user}`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "UseDNS no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PrintMotd no",
    "PrintLastLog no",
    "LogLevel VERBOSE",
    ...(variables.length > 0 ? [`SetEnv ${variables.join(" ")}`] : []),
  ];
}
