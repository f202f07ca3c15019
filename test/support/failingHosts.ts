import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { requireProgram, run } from "./childProcesses";
import { eventually } from "./eventually";
import type { FailingHost } from "./failedHost";
import type { Mount } from "./privateFiles";
import { startSshd, type Sshd, type SshdOptions } from "./sshd";
import { ensureTestUser } from "./testUser";

/** Hosts for `failOn`, each with a fault. All of them end with the test. */

/** Whatever listens on a port. */
export function atPort(port: number, user = "dev"): FailingHost {
  const at = ["HostName 127.0.0.1", `Port ${port}`, `User ${user}`];
  const files = ["IdentityFile none", "UserKnownHostsFile /dev/null"];
  return { config: [...at, ...files] };
}

export type ServedHost = FailingHost & { readonly sshd: Sshd };

/** A real server; the lines are stronger than those that would sign in to it. */
export async function serve(
  t: TestContext,
  options: SshdOptions = {},
  lines: (sshd: Sshd) => readonly string[] = () => [],
): Promise<ServedHost> {
  const own = { environment: { HOME: "/nonexistent" }, endProcessesOnClose: true };
  const sshd = await startSshd({ ...own, ...options });
  t.after(() => sshd.close());
  const given = lines(sshd);
  const isNamed = given.some((line) => line.startsWith("IdentityFile "));
  const usual = isNamed ? [] : [`IdentityFile ${sshd.identityFile}`];
  const { port, user, knownHostsFile } = sshd;
  const at = ["HostName 127.0.0.1", `Port ${port}`, `User ${user}`, "IdentitiesOnly yes"];
  const known = [`UserKnownHostsFile ${knownHostsFile}`, "StrictHostKeyChecking yes"];
  return { sshd, config: [...given, ...usual, ...at, ...known] };
}

/** Makes a key, which the server does not let in. */
export async function makeKey(sshd: Sshd, name: string, passphrase = ""): Promise<string> {
  const file = join(sshd.dir, name);
  const options = ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", file];
  await run(requireProgram("ssh-keygen"), options);
  return file;
}

/** A server that wants a key with a passphrase, for which a file of the config is. */
export async function serveLocked(t: TestContext, passphrase: string): Promise<ServedHost> {
  const host = await serve(t, {}, ({ dir }) => [`IdentityFile ${join(dir, "locked")}`]);
  const file = await makeKey(host.sshd, "locked", passphrase);
  await copyFile(`${file}.pub`, host.sshd.authorizedKeysFile);
  return host;
}

/** A server of whose keys only those of an agent are there to be tried. */
export function serveAgent(t: TestContext, options: SshdOptions = {}): Promise<ServedHost> {
  return serve(t, options, ({ dir }) => [
    `IdentityAgent ${join(dir, "agent.sock")}`,
    ...["IdentitiesOnly no", "IdentityFile none"],
  ]);
}

/** A real agent for such a server. */
export async function startAgent(
  t: TestContext,
  { sshd }: ServedHost,
  keys: readonly string[],
): Promise<void> {
  const socket = join(sshd.dir, "agent.sock");
  const agent = spawn(requireProgram("ssh-agent"), ["-D", "-a", socket], { stdio: "ignore" });
  t.after(() => agent.kill());
  await eventually("the agent listens", () => existsSync(socket));
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  if (keys.length > 0) await run(requireProgram("ssh-add"), ["-q", ...keys], { env });
}

/** One that takes every question and answers none. */
export async function startHangingAgent(t: TestContext, { sshd }: ServedHost): Promise<void> {
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
  }).listen(join(sshd.dir, "agent.sock"));
  t.after(() => server.close());
  await once(server, "listening");
}

/** A server for an ordinary user, to which files of the machine look otherwise; as root alone. */
export async function serveMounted(
  t: TestContext,
  prepare: (folder: string, user: string) => Promise<readonly Mount[]>,
  config: readonly string[] = [],
): Promise<ServedHost> {
  const { name: user } = await ensureTestUser();
  const folder = await mkdtemp(join(tmpdir(), "mounted-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return serve(t, { user, config, mounts: await prepare(folder, user) });
}

/** What /etc/shadow says of the user's account (shadow(5)), from the field that is set. */
export function withShadow(field: number, value: string) {
  return async (folder: string, user: string): Promise<readonly Mount[]> => {
    const source = join(folder, "shadow");
    const lines = (await readFile("/etc/shadow", "utf8")).split("\n").map((line) => {
      const fields = line.split(":");
      if (fields[0] === user) fields[field] = value;
      return fields.join(":");
    });
    await writeFile(source, lines.join("\n"), { mode: 0o600 });
    return [{ source, target: "/etc/shadow" }];
  };
}

/** The machine lets nobody in for now (nologin(5)). */
export async function withNologin(folder: string): Promise<readonly Mount[]> {
  await chmod(folder, 0o755);
  await mkdir(join(folder, "sshd"), { mode: 0o755 });
  await writeFile(join(folder, "nologin"), "Closed for cleaning.\n");
  return [{ source: folder, target: "/run" }];
}
