import type { HostInfo } from "./remoteHost";
import { limitExceeded } from "./taskError";

/** What holds for every task, whoever starts it. Nothing of it holds for a cancel. */
export interface RunRules {
  /**
   * Seconds a task on the host may take at the most; undefined for no bound. Rejects with a TaskError `policyInvalid` when
   * that can't be told.
   */
  maxSeconds(host: HostInfo): Promise<number | undefined>;
  /** Why nothing may run at an IP address; undefined when it may. Rejects likewise. */
  whyAddressDenied(address: string): Promise<string | undefined>;
}

/**
 * The seconds a task gets: never fewer than were asked for. `asked` undefined takes `fallback`, or the bound where that is
 * stricter; 0 is no limit. @throws TaskError `limitExceeded` when more was asked for than the bound
 */
export function secondsWithin(
  bound: number | undefined,
  asked: number | undefined,
  fallback: number,
  alias: string,
): number {
  if (bound === undefined) return asked ?? fallback;
  const isBeyond = (seconds: number): boolean => seconds === 0 || seconds > bound;
  if (asked === undefined) return isBeyond(fallback) ? bound : fallback;
  if (isBeyond(asked)) throw limitExceeded(alias, bound);
  return asked;
}
