import type { CancelReceipt, CancelRequest } from "./cancelReceipt";
import type { Clock } from "./clock";
import type { Disposable } from "./lifecycle";
import type { CancelReport, RemoteTask } from "./remoteHost";
import { asError } from "./taskError";

/** What a climb established, beside its receipt. */
export interface Climb {
  readonly receipt: CancelReceipt;
  /** Whose doing the end of the main process is: its own when it came before any signal; "unclear" when that was not seen. */
  readonly exit: "own" | "ours" | "unclear";
  /** Of the main process, where the host knows that it had ended by itself before the cancel. */
  readonly exitCode?: number;
  /** Trying again would show no more. */
  readonly final: boolean;
}

/**
 * One cancel of one task: every attempt asks the host to climb TERM, grace, KILL and to verify, and all attempts add up
 * to one receipt. It claims no more than the host reported.
 */
export class CancelLadder {
  /** The first request, which is the one that counts, and when it came. */
  readonly cancel: CancelRequest & { readonly requestedAt: number };
  private readonly graceSeconds: number;
  private readonly forced = new AbortController();
  /** When a later request ends the grace, by `elapsed`; the first request's own is the host's to keep. */
  private graceEnd = Infinity;
  /** When the first signal reached the host, by `elapsed`. */
  private signalledAt: number | undefined;
  private shortened: Disposable | undefined;
  private signals: CancelReceipt["signals"] = [];
  private processesFound = 0;
  private readonly mayRemain = new Set<string>();
  private exitCode: number | undefined;
  private exit: Climb["exit"] = "own";

  /** @param request with the time when it was made, when that was in an earlier window. */
  constructor(
    request: CancelRequest & { readonly graceSeconds: number; readonly requestedAt?: number },
    private readonly clock: Clock,
  ) {
    this.graceSeconds = request.graceSeconds;
    this.cancel = { requestedAt: clock.now(), ...request };
    // What that window sent may have ended what is not found any more.
    if (request.requestedAt !== undefined) this.exit = "unclear";
    if (request.force) this.forced.abort();
  }

  /** A later request of the same cancel: it can only end the grace sooner. */
  join({ force = false, graceSeconds }: CancelRequest): void {
    const seconds = force ? 0 : (graceSeconds ?? Infinity);
    const end = this.clock.elapsed() + seconds * 1000;
    if (end >= this.graceEnd) return;
    this.graceEnd = end;
    this.shortened?.dispose();
    if (seconds === 0) this.forced.abort();
    else this.shortened = this.clock.after(seconds * 1000, () => this.forced.abort());
  }

  /** The task has ended. */
  dispose(): void {
    this.shortened?.dispose();
  }

  /** One attempt. Never rejects: a host that can't be reached makes an unverified receipt that says so. */
  async climb(remote: Pick<RemoteTask, "cancel"> | undefined): Promise<Climb> {
    const begun = this.clock.elapsed();
    if (!remote) return this.describe(neverReachedAHost, begun);
    try {
      const climb = {
        graceSeconds: this.remainingGraceSeconds,
        force: this.forced.signal,
      };
      return this.describe(await remote.cancel(climb), begun);
    } catch (error) {
      // What was asked may have been done all the same.
      const unseen = { ...nothingSeen, mainProcessFound: undefined };
      return this.describe({ ...unseen, reason: asError(error).message }, begun);
    }
  }

  /** The grace counts from the first signal that reached the host, not from the request. */
  private get remainingGraceSeconds(): number {
    if (this.forced.signal.aborted) return 0;
    const now = this.clock.elapsed();
    return Math.max(0, this.graceSeconds - (now - (this.signalledAt ?? now)) / 1000);
  }

  /** When the first signal of an attempt was sent. Its own time is on a clock that may have been set since. */
  private timeOfSignal({ signals: [first] }: CancelReport, begun: number): number | undefined {
    if (!first) return undefined;
    const now = this.clock.elapsed();
    const ago = Math.max(0, this.clock.now() - first.at);
    return Math.max(begun, now - ago);
  }

  private describe(report: CancelReport, begun: number): Climb {
    this.signalledAt ??= this.timeOfSignal(report, begun);
    // An exit that came after a signal of an earlier attempt was our doing.
    if (this.signals.length === 0 && this.exit !== "ours") this.exitCode ??= report.exitCode;
    for (const name of report.mayRemain) this.mayRemain.add(name);
    this.signals = [...this.signals, ...report.signals];
    this.processesFound = Math.max(this.processesFound, report.processesFound);
    this.exit = this.judgeExit(report);
    const verified = report.neverRan || (report.gone && report.left.length === 0);
    const now = this.clock.now();
    const receipt: CancelReceipt = {
      requestedBy: this.cancel.requestedBy,
      reason: this.cancel.reason,
      requestedAt: this.cancel.requestedAt,
      processesFound: this.processesFound,
      signals: this.signals,
      verified,
      verifiedBy: "processes",
      ...(verified && { goneAt: now }),
      ...(!verified && report.reason !== undefined && { unverifiedBecause: report.reason }),
      durationMs: Math.max(0, now - this.cancel.requestedAt),
      left: report.left,
      mayRemain: [...this.mayRemain],
    };
    const { exit, exitCode } = this;
    const final = report.final === true;
    return { receipt, exit, final, ...(exitCode !== undefined && { exitCode }) };
  }

  /** A report that breaks off may miss signals that were sent. */
  private judgeExit({ neverRan, mainProcessFound, signals, gone }: CancelReport): Climb["exit"] {
    if (this.exit === "ours" || neverRan) return "ours";
    if (mainProcessFound === undefined) return "unclear";
    return mainProcessFound && (signals.length > 0 || !gone) ? "ours" : this.exit;
  }
}

/** Where nobody saw what came first, an exit code that says TERM or KILL (128 + signal) is taken for the cancel's doing. */
export function isOwnExit(exit: Climb["exit"], exitCode: number): boolean {
  return exit === "own" || (exit === "unclear" && exitCode !== 143 && exitCode !== 137);
}

const nothingSeen: CancelReport = {
  neverRan: false,
  mainProcessFound: false,
  processesFound: 0,
  signals: [],
  gone: false,
  left: [],
  mayRemain: [],
};

const neverReachedAHost: CancelReport = { ...nothingSeen, neverRan: true };
