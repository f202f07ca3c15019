import { readFile, stat } from "node:fs/promises";
import ssh2, { type AnyAuthMethod, type ParsedKey } from "ssh2";
import { asError } from "../tasks/taskError";
import type { SshHostConfig } from "./sshConfigFile";

/** How to prove who we are, and what can be said about it when it did not do. */
export interface SignIn {
  readonly methods: AnyAuthMethod[];
  /** For the error: what was tried, and what was not and why. Never a secret. */
  readonly description: string;
}

/** The agent, then the identity files that can be read without a passphrase, in the order of the config. */
export async function prepareSignIn(
  host: SshHostConfig,
  agentSocket: string | undefined,
): Promise<SignIn> {
  const methods: AnyAuthMethod[] = [{ type: "none", username: host.user }];
  const tried: string[] = [];
  const skipped: string[] = [];
  if (!host.identitiesOnly && agentSocket !== undefined && (await exists(agentSocket))) {
    methods.push({ type: "agent", username: host.user, agent: agentSocket });
    tried.push("the agent's keys");
  }
  for (const file of host.identityFiles) {
    if (!(await exists(file))) continue;
    const key = await readKey(file);
    if (key instanceof Error) {
      skipped.push(`${file} (${unusableBecause(key)})`);
    } else {
      methods.push({ type: "publickey", username: host.user, key });
      tried.push(file);
    }
  }
  return { methods, description: describe(tried, skipped) };
}

async function readKey(file: string): Promise<ParsedKey | Error> {
  try {
    return ssh2.utils.parseKey(await readFile(file));
  } catch (error) {
    return asError(error);
  }
}

function describe(tried: readonly string[], skipped: readonly string[]): string {
  const what = tried.length > 0 ? tried.join(", ") : "a sign-in without any key (none was found)";
  return skipped.length > 0 ? `${what}; not tried: ${skipped.join(", ")}` : what;
}

function unusableBecause(error: Error): string {
  return /encrypted/i.test(error.message) ? "it needs a passphrase" : error.message;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false; // not there or not to be seen: both mean it can't be used
  }
}
