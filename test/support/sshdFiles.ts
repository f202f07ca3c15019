import { createHash } from "node:crypto";
import { chmod, copyFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireProgram, run } from "./childProcesses";

/** What the files of a server are written from. */
export interface SshdSetup {
  readonly aliases: readonly string[];
  readonly user: string;
  /** False when sshd has to read the keys as another user than the one who made them. */
  readonly ownUser: boolean;
  readonly port: number;
  /** Lines of sshd_config, before ours and so stronger than ours. */
  readonly config: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The files of one server, all in a folder of its own. */
export interface SshdFiles {
  readonly dir: string;
  readonly identityFile: string;
  readonly sshConfigFile: string;
  readonly knownHostsFile: string;
  readonly hostKeyFingerprint: string;
  readonly serverConfigFile: string;
  readonly logFile: string;
}

/** Makes fresh keys for host and user, and every file that a server and its clients need. */
export async function writeSshdFiles(setup: SshdSetup): Promise<SshdFiles> {
  const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-sshd-"));
  const file = (name: string): string => join(dir, name);
  const hostKey = await makeKey(file("host_key"));
  await makeKey(file("id_ed25519"));
  await copyFile(file("id_ed25519.pub"), file("authorized_keys"));
  if (!setup.ownUser) {
    await chmod(dir, 0o711);
    await chmod(file("authorized_keys"), 0o644);
  }
  const files: SshdFiles = {
    dir,
    identityFile: file("id_ed25519"),
    sshConfigFile: file("ssh_config"),
    knownHostsFile: file("known_hosts"),
    hostKeyFingerprint: fingerprint(hostKey),
    serverConfigFile: file("sshd_config"),
    logFile: file("sshd.log"),
  };
  const mode = { mode: 0o600 };
  await writeFile(files.serverConfigFile, serverConfig(setup, dir), mode);
  await writeFile(
    files.sshConfigFile,
    setup.aliases.map((alias) => hostEntry(alias, setup, files)).join("\n"),
    mode,
  );
  await writeFile(files.knownHostsFile, `[127.0.0.1]:${setup.port} ${hostKey}\n`, mode);
  await writeFile(files.logFile, "", mode);
  return files;
}

/** Makes a key pair and gives its public half, `ssh-ed25519 AAAA…`. */
async function makeKey(path: string): Promise<string> {
  await run(requireProgram("ssh-keygen"), [
    "-q",
    "-t",
    "ed25519",
    "-N",
    "",
    "-C",
    "ssh-tasks",
    "-f",
    path,
  ]);
  const [type, key] = (await readFile(`${path}.pub`, "utf8")).split(" ");
  return `${String(type)} ${String(key)}`;
}

function fingerprint(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

function serverConfig({ config, port, user, environment }: SshdSetup, dir: string): string {
  const variables = Object.entries(environment).map(([name, value]) => `"${name}=${value}"`);
  return [
    ...config,
    "ListenAddress 127.0.0.1",
    `Port ${port}`,
    `HostKey "${dir}/host_key"`,
    `AuthorizedKeysFile "${dir}/authorized_keys"`,
    `AllowUsers ${user}`,
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
    "",
  ].join("\n");
}

function hostEntry(alias: string, { port, user }: SshdSetup, files: SshdFiles): string {
  return [
    `Host ${alias}`,
    "  HostName 127.0.0.1",
    `  Port ${port}`,
    `  User ${user}`,
    `  IdentityFile "${files.identityFile}"`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile "${files.knownHostsFile}"`,
    "  StrictHostKeyChecking yes",
    "",
  ].join("\n");
}
