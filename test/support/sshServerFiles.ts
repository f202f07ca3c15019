import { createHash } from "node:crypto";
import { chmod, copyFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { requireProgram, run } from "./childProcesses";

export type HostKeyType = "ed25519" | "ecdsa" | "rsa";

/** What the files of a server and of its clients are written from. */
export interface SshServerSetup {
  readonly aliases: readonly string[];
  readonly user: string;
  readonly port: number;
  readonly hostKeyTypes: readonly HostKeyType[];
  /** Variables every session gets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The files of one server, all in a folder of its own. */
export interface SshServerFiles {
  readonly dir: string;
  readonly identityFile: string;
  readonly authorizedKeysFile: string;
  readonly sshConfigFile: string;
  readonly knownHostsFile: string;
  /** The private keys, in the format of OpenSSH; the public half of each is beside it. */
  readonly hostKeyFiles: readonly string[];
  /** Of the first of them. */
  readonly hostKeyFingerprint: string;
  readonly logFile: string;
}

/** Makes fresh keys for host and user, and every file that a server of any kind and its clients need. */
export async function writeSshServerFiles(setup: SshServerSetup): Promise<SshServerFiles> {
  const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-server-"));
  const file = (name: string): string => join(dir, name);
  const hostKeyFiles = setup.hostKeyTypes.map((type) => file(`host_key_${type}`));
  const hostKeys = await Promise.all(
    setup.hostKeyTypes.map((type) => makeKey(file(`host_key_${type}`), type)),
  );
  await makeKey(file("id_ed25519"), "ed25519");
  await copyFile(file("id_ed25519.pub"), file("authorized_keys"));
  if (setup.user !== userInfo().username) {
    // Then the server reads the keys as another user than the one who made them.
    await chmod(dir, 0o711);
    await chmod(file("authorized_keys"), 0o644);
  }
  const files: SshServerFiles = {
    dir,
    identityFile: file("id_ed25519"),
    authorizedKeysFile: file("authorized_keys"),
    sshConfigFile: file("ssh_config"),
    knownHostsFile: file("known_hosts"),
    hostKeyFiles,
    hostKeyFingerprint: fingerprint(hostKeys[0] ?? ""),
    logFile: file("server.log"),
  };
  const mode = { mode: 0o600 };
  await writeFile(
    files.sshConfigFile,
    setup.aliases.map((alias) => hostEntry(alias, setup, files)).join("\n"),
    mode,
  );
  const known = hostKeys.map((key) => `[127.0.0.1]:${setup.port} ${key}\n`);
  await writeFile(files.knownHostsFile, known.join(""), mode);
  await writeFile(files.logFile, "", mode);
  return files;
}

/** Makes a key pair and gives its public half, `ssh-ed25519 AAAA…`. */
async function makeKey(path: string, type: HostKeyType): Promise<string> {
  const options = ["-q", "-t", type, "-N", "", "-C", "ssh-tasks", "-f", path];
  await run(requireProgram("ssh-keygen"), options);
  const [name, key] = (await readFile(`${path}.pub`, "utf8")).split(" ");
  return `${String(name)} ${String(key)}`;
}

function fingerprint(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

function hostEntry(alias: string, { port, user }: SshServerSetup, files: SshServerFiles): string {
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
