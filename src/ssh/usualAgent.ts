import { existsSync } from "node:fs";

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
