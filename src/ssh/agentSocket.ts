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
