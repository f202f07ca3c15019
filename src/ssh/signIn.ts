import { readFile, stat } from "node:fs/promises";
import ssh2, { type AnyAuthMethod, type ParsedKey } from "ssh2";
import { asError } from "../tasks/taskError";
import { AgentKeys } from "./agentKeys";
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
  const username = host.user;
  const methods: AnyAuthMethod[] = [{ type: "none", username }];
  const tried: string[] = [];
  const skipped: string[] = [];
  if (agentSocket !== undefined && (await exists(agentSocket))) {
    const named = (await Promise.all(host.identityFiles.map(readPublicKey))).flat();
    const agent = new AgentKeys(agentSocket, named, host.identitiesOnly);
    methods.push({ type: "agent", username, agent });
    tried.push(host.identitiesOnly ? "the agent's keys that the config names" : "the agent's keys");
  }
  for (const file of host.identityFiles) {
    if (!(await exists(file))) continue;
    const key = await readKey(file);
    if (key instanceof Error) {
      skipped.push(`${file} (${unusableBecause(key)})`);
    } else if (key.isPrivateKey()) {
      methods.push({ type: "publickey", username, key });
      tried.push(file);
    }
  }
  return { methods, description: describe(tried, skipped) };
}

/** The public half of a key whose private half may be locked, or nowhere but in the agent. */
async function readPublicKey(file: string): Promise<Buffer[]> {
  for (const candidate of [`${file}.pub`, file]) {
    const key = await readKey(candidate);
    if (!(key instanceof Error)) return [key.getPublicSSH()];
  }
  return [];
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
