import { existsSync } from "node:fs";
import type { SshHostConfig } from "./hostConfig";

/** Seconds for an agent to list its keys: it asks nobody. One that takes longer hangs, and is done without. */
export const agentSeconds = 3;

/** ssh_config(5), IdentityAgent: a path, `none`, or the name of a variable of the environment. `usual` is SSH_AUTH_SOCK. */
export function agentSocketOf(
  { identityAgent = "SSH_AUTH_SOCK" }: SshHostConfig,
  usual: string | undefined,
): string | undefined {
  if (identityAgent === "none") return undefined;
  if (identityAgent === "SSH_AUTH_SOCK") return usual;
  return identityAgent.startsWith("$") ? process.env[identityAgent.slice(1)] : identityAgent;
}

/** Where the agent of Windows' OpenSSH listens (ssh-agent(1) there). */
const windowsPipe = "\\\\.\\pipe\\openssh-ssh-agent";

/**
 * Where the person's agent listens: as SSH_AUTH_SOCK says; on Windows otherwise at OpenSSH's pipe or, where that is not
 * there, Pageant, which has no path. Undefined where there is none.
 */
export function usualAgent(
  { SSH_AUTH_SOCK: socket }: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  exists: (path: string) => boolean = existsSync,
): string | undefined {
  if (socket !== undefined && socket !== "") return socket;
  if (platform !== "win32") return undefined;
  return exists(windowsPipe) ? windowsPipe : "pageant";
}
