import type { LeftProcess, SentSignal } from "./remoteHost";

/** What a person can cancel from. */
export type PersonalDoor = "tree" | "webview" | "palette" | "terminal";

/** Who asks for a cancel: `agent:<client>`, a person by one of their doors, `deadline`, `shutdown`, `connection`. */
export type Requester = `agent:${string}` | PersonalDoor | "deadline" | "shutdown" | "connection";

export interface CancelRequest {
  readonly requestedBy: Requester;
  readonly reason: string;
  /** Seconds between TERM and KILL, 0 to 30; 5 when absent. */
  readonly graceSeconds?: number;
  /** Ends the grace now, also that of a cancel already under way. */
  readonly force?: boolean;
}

/** Processes that a sentence names one by one. */
const maxNamed = 10;

/** The account of one cancel: the same in tool results, tree, webview and log. Times are ms since the Unix epoch. */
export interface CancelReceipt {
  readonly requestedBy: Requester;
  readonly reason: string;
  readonly requestedAt: number;
  readonly processesFound: number;
  readonly signals: readonly SentSignal[];
  /** True only when the host was asked and nothing of the task was left, or the command never reached it. */
  readonly verified: boolean;
  readonly verifiedBy: "processes";
  /** When nothing was left; absent while unverified. */
  readonly goneAt?: number;
  readonly durationMs: number;
  readonly left: readonly LeftProcess[];
  /** Started through another daemon, and so not ours to see. */
  readonly mayRemain: readonly string[];
  /** Why it is not verified; absent when it is. */
  readonly unverifiedBecause?: string;
}

/** In words for people: what is known, then what nobody can know. It never says "cancelled" of what was not verified. */
export function describeReceipt(receipt: CancelReceipt, alias: string): string {
  const known = receipt.verified
    ? describeVerified(receipt, alias)
    : describeUnverified(receipt, alias);
  const { mayRemain } = receipt;
  return mayRemain.length > 0 ? `${known} ${describeMayRemain(mayRemain)}.` : known;
}

/** What was started through another daemon, and so can't be seen: "docker, sudo: what they started …". */
export function describeMayRemain(mayRemain: readonly string[]): string {
  const they = mayRemain.length === 1 ? "it" : "they";
  return `${mayRemain.join(", ")}: what ${they} started elsewhere may still run`;
}

function describeVerified(receipt: CancelReceipt, alias: string): string {
  if (receipt.processesFound === 0) return `Verified: nothing of it was running on ${alias}.`;
  const found = count(receipt.processesFound, "process", "processes");
  return `Verified: ${found} gone from ${alias} after ${describeSignals(receipt.signals)}, ${(receipt.durationMs / 1000).toFixed(1)} s.`;
}

function describeUnverified(receipt: CancelReceipt, alias: string): string {
  if (receipt.left.length > 0) {
    const named = receipt.left.slice(0, maxNamed).map((left) => `${left.pid} (${left.user})`);
    const more = receipt.left.length - named.length;
    const pids = named.join(", ") + (more > 0 ? ` and ${more} more` : "");
    return `Not verified: ${count(receipt.left.length, "process", "processes")} may still run on ${alias}: ${pids}.`;
  }
  return `Not verified: it may still run on ${alias}. ${receipt.unverifiedBecause ?? "The host gave no answer."}`;
}

/** The signals that end something, in the order sent: "TERM", "TERM and KILL". */
function describeSignals(signals: readonly SentSignal[]): string {
  const ending = ["TERM", "KILL"].filter((name) => signals.some((sent) => sent.signal === name));
  return ending.length > 0 ? ending.join(" and ") : "no signal";
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
