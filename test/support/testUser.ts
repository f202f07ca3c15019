import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { userInfo } from "node:os";
import { findProgram, requireProgram, run } from "./childProcesses";
import { eventually } from "./eventually";

/** An account of this machine. */
export interface UserAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

const name = "sshtasks-test";

/** The ordinary user that tests log in as when they run as root; made once, then kept. */
export async function ensureTestUser(): Promise<UserAccount> {
  if (process.getuid?.() !== 0) throw new Error("Only root can make the test user");
  return (await findAccount(name)) ?? eventually(`user ${name} is made`, makeTestUser);
}

const passwordUser = "sshtasks-password";
export const testPassword = "canary-of-a-password";

/** The name of an ordinary user who has a password; made once, then kept. */
export async function ensurePasswordUser(): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error("Only root can make the user with a password");
  if ((await findAccount(passwordUser)) === undefined) await addUser(passwordUser);
  // To write it again would take away what other tests have mounted over the file.
  if (readFileSync("/etc/shadow", "utf8").includes(`\n${passwordUser}:$`)) return passwordUser;
  const input = `${passwordUser}:${testPassword}\n`;
  const { status } = spawnSync(requireProgram("chpasswd"), { input });
  if (status !== 0) throw new Error(`${passwordUser} could not be given a password`);
  return passwordUser;
}

/** Makes the users before any test runs: while they are made /etc/shadow is another file each time. */
export async function ensureTestUsers(): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await ensureTestUser();
  await ensurePasswordUser();
}

/** An account that has to be there. */
export async function requireAccount(user: string): Promise<UserAccount> {
  const own = userInfo();
  if (user === own.username) return { name: user, uid: own.uid, gid: own.gid, home: own.homedir };
  const account = await findAccount(user);
  if (account === undefined) throw new Error(`There is no user ${user}`);
  return account;
}

async function makeTestUser(): Promise<UserAccount | undefined> {
  await addUser(name);
  return findAccount(name);
}

async function addUser(user: string): Promise<void> {
  // "*": no password fits, yet the account is not locked, which is what sshd looks at ("!").
  const options = [
    "--system",
    "--user-group",
    "--create-home",
    "--shell",
    "/bin/bash",
    "--password",
    "*",
  ];
  try {
    await run(requireProgram("useradd"), [...options, user]);
  } catch (error) {
    // Another test file may be making it right now.
    if ((await findAccount(user)) === undefined) throw error;
  }
}

async function findAccount(user: string): Promise<UserAccount | undefined> {
  if (findProgram("getent") === undefined) return undefined;
  const entry = await run("getent", ["passwd", user]).catch(() => ""); // fails for an unknown user
  const [found, , uid, gid, , home] = entry.trimEnd().split(":");
  if (found !== user || home === undefined) return undefined;
  return { name: user, uid: Number(uid), gid: Number(gid), home };
}
