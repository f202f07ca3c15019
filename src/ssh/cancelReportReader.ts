import type { CancelReport, LeftProcess, SentSignal } from "../tasks/remoteHost";
import { visible } from "../tasks/visibleText";

/** What a report may list at the most; a hostile host gets no more of our memory. */
const maxListed = 200;

/** Why it is not known that nothing is left, by the verdicts of `remote/control.sh`. */
const reasons: ReadonlyMap<string, string> = new Map([
  ["launching", "It was being launched, and the host has not said more."],
  ["held", "A process that can't be seen still has a descriptor of the task open."],
  ["unscannable", "The host can't show its processes."],
]);
const maxNames = 20;
/** Orphans that a reason names. */
const maxOrphans = 5;

/** Reads the answer of `remote/control.sh` to a cancel. */
export class CancelReportReader {
  private processesFound = 0;
  private mainProcessFound: boolean | undefined;
  private exitCode: number | undefined;
  private verdict: string | undefined;
  private readonly signals: SentSignal[] = [];
  private readonly left: LeftProcess[] = [];
  private readonly mayRemain = new Set<string>();
  private readonly orphans: LeftProcess[] = [];

  /** @returns what the line brought with it, if anything that counts. */
  readLine(line: string): "begun" | "ended" | undefined {
    const [word = "", ...words] = line.split(" ");
    const [first = "", second = ""] = words;
    if (word === "BEGIN") return "begun";
    if (word === "END") {
      this.verdict = first;
      return "ended";
    }
    if (word === "EXITED") this.exitCode = count(first);
    if (word === "FOUND") {
      this.processesFound = count(first);
      this.mainProcessFound = second === "1";
    }
    if (word === "SIGNAL" && isSignal(first) && this.signals.length < maxListed) {
      this.signals.push({ signal: first, count: count(second), at: Date.now() });
    }
    if (word === "LEFT" && this.left.length < maxListed) this.left.push(readProcess(words));
    if (word === "ORPHAN" && this.orphans.length < maxListed) this.orphans.push(readProcess(words));
    if (word === "FOREIGN") this.readNames(words);
    return undefined;
  }

  result(): CancelReport {
    const { verdict = "", exitCode } = this;
    const neverRan = verdict === "never";
    const gone = neverRan || verdict === "gone" || verdict === "rebooted";
    const reason =
      verdict === "orphans"
        ? describeOrphans(this.orphans)
        : (reasons.get(verdict) ?? `The host gave no verdict (${visible(verdict)}).`);
    return {
      neverRan,
      mainProcessFound: this.mainProcessFound ?? (gone ? false : undefined),
      processesFound: this.processesFound,
      signals: this.signals,
      gone,
      left: this.left,
      mayRemain: [...this.mayRemain],
      ...(exitCode !== undefined && { exitCode }),
      ...(!gone && this.left.length === 0 && { reason }),
    };
  }

  /** What was seen until the host fell silent: signals may have been sent that it did not tell of. */
  brokenOff(reason: string): CancelReport {
    return { ...this.result(), mainProcessFound: this.mainProcessFound, gone: false, reason };
  }

  /** Names of programs as our script knows them. */
  private readNames(words: readonly string[]): void {
    for (const name of words)
      if (/^[a-z][a-z-]{0,20}$/.test(name) && this.mayRemain.size < maxNames)
        this.mayRemain.add(name);
  }
}

/** The words behind LEFT: pid, user, command. */
function readProcess([pid = "", user = "", ...command]: readonly string[]): LeftProcess {
  return {
    pid: count(pid),
    user: visible(user).slice(0, 64),
    command: visible(command.join(" ").trim()).slice(0, 200),
  };
}

function isSignal(word: string): word is SentSignal["signal"] {
  return word === "TERM" || word === "CONT" || word === "STOP" || word === "KILL";
}

/** Where the host can't have orphans come to us: what has lost its parent may be anybody's. */
function describeOrphans(orphans: readonly LeftProcess[]): string {
  const named = orphans.slice(0, maxOrphans).map(({ pid, command }) => `${command} (pid ${pid})`);
  const more = orphans.length - named.length;
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  return `Without perl on the host it can't be told whether these are the task's: ${list}.`;
}

/** A number as our scripts write one; what else a host says for one is 0. */
function count(word: string): number {
  return /^\d{1,9}$/.test(word) ? Number(word) : 0;
}
