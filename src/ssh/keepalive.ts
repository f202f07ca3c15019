import type { SshHostConfig } from "./hostConfig";

/** Questions that may stay unanswered before a link counts as dead; OpenSSH's own count (ssh_config(5), ServerAliveCountMax). */
const unanswered = 3;

/** After how many seconds of silence a server is asked whether it is there, and how many questions may stay unanswered. */
export interface Keepalive {
  readonly seconds: number;
  readonly count: number;
}

/**
 * As the config has it, or so that a dead link is noticed in time: it counts as dead when a question is due and so many are
 * unanswered; a second is left for the way.
 */
export function keepalive(
  { serverAliveInterval = 0, serverAliveCountMax: count = unanswered }: SshHostConfig,
  deadLinkSeconds: number,
): Keepalive {
  if (serverAliveInterval > 0) return { seconds: serverAliveInterval, count };
  return { seconds: (deadLinkSeconds - 1) / (unanswered + 1), count: unanswered };
}
