import { chmod, chown, copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requireProgram, run } from "./childProcesses";
import type { SshServerFiles } from "./sshServerFiles";
import { requireAccount } from "./testUser";

/** A file or folder that a server sees in the place of the machine's own. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/** The same command in a mount namespace of its own: nobody else sees the mounts, and they end with it. Root only. */
export function withMounts(mounts: readonly Mount[], command: readonly string[]): string[] {
  if (mounts.length === 0) return [...command];
  const script =
    'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit; shift 2; done; shift; exec "$@"';
  const pairs = mounts.flatMap(({ source, target }) => [source, target]);
  const unshare = requireProgram("unshare");
  return [unshare, "--mount", "/bin/sh", "-c", script, "sh", ...pairs, "--", ...command];
}

/** Gives a user an empty home directory with the authorized keys, and perhaps another login shell. */
export async function makeHome(
  { dir, authorizedKeysFile }: SshServerFiles,
  user: string,
  shell?: string,
): Promise<{ home: string; mount: Mount }> {
  const { uid, gid } = await requireAccount(user);
  const home = join(dir, "home");
  const keys = join(home, ".ssh", "authorized_keys");
  await mkdir(join(home, ".ssh"), { recursive: true, mode: 0o700 });
  await copyFile(authorizedKeysFile, keys);
  await chmod(keys, 0o600);
  for (const path of [home, join(home, ".ssh"), keys]) await chown(path, uid, gid);
  const accounts = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => {
    const [name, password, id, group, comment, , itsShell] = line.split(":");
    if (name !== user) return line;
    return [name, password, id, group, comment, home, shell ?? itsShell].join(":");
  });
  const passwd = join(dir, "passwd");
  await writeFile(passwd, accounts.join("\n"));
  await chmod(passwd, 0o644);
  return { home, mount: { source: passwd, target: "/etc/passwd" } };
}

/** Puts BusyBox and its applets where the system's programs are, except for servers (/usr/sbin). */
export async function makeBusyboxUserland(dir: string): Promise<Mount[]> {
  const busybox = requireProgram("busybox");
  const programs = join(dir, "busybox");
  await mkdir(programs);
  await chmod(programs, 0o755);
  await copyFile(busybox, join(programs, "busybox"));
  for (const applet of (await run(busybox, ["--list"])).trim().split("\n"))
    if (applet !== "busybox") await symlink("busybox", join(programs, applet));
  // The folder that has mount is the last to go.
  return ["/usr/local/bin", "/bin", "/usr/bin"].map((target) => ({ source: programs, target }));
}
