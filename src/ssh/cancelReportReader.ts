import { StringDecoder } from "node:string_decoder";
import type { CancelReport, LeftProcess, SentSignal } from "../tasks/remoteHost";
import { visible } from "./visibleText";

/** What a report may be at the most; a hostile host gets no more of our memory. */
const maxReportBytes = 64 * 1024;

/** Reads the lines of `remote/cancel.sh`, each of which begins with the nonce. */
export class CancelReportReader {
  private readonly decoder = new StringDecoder("utf8");
  private text = "";
  private size = 0;
  private begun = false;
  private processesFound = 0;
  private mainProcessFound: boolean | undefined;
  private verdict: string | undefined;
  private readonly signals: SentSignal[] = [];
  private readonly left: LeftProcess[] = [];

  constructor(private readonly nonce: string) {}

  /** @returns what the bytes brought with them, if anything that counts. */
  push(bytes: Buffer): "begun" | "ended" | undefined {
    this.size += bytes.length;
    if (this.size > maxReportBytes) return undefined;
    const lines = (this.text + this.decoder.write(bytes)).split("\n");
    this.text = lines.pop() ?? "";
    const had = { begun: this.begun, ended: this.verdict !== undefined };
    for (const line of lines) this.readLine(line);
    if (this.verdict !== undefined && !had.ended) return "ended";
    return this.begun && !had.begun ? "begun" : undefined;
  }

  result(): CancelReport {
    const gone = this.verdict === "gone" || this.verdict === "rebooted";
    return {
      neverRan: false,
      mainProcessFound: this.mainProcessFound,
      processesFound: this.processesFound,
      signals: this.signals,
      gone,
      left: this.left,
      ...(!gone &&
        this.left.length === 0 && {
          reason: `The host can't show its processes (${visible(this.verdict ?? "")}).`,
        }),
    };
  }

  private readLine(line: string): void {
    if (!line.startsWith(`${this.nonce} `)) return;
    const [word, ...words] = line.slice(this.nonce.length + 1).split(" ");
    const [first = "", second = ""] = words;
    if (word === "BEGIN") {
      this.begun = true;
    } else if (word === "END") {
      this.verdict = first;
    } else if (word === "FOUND") {
      this.processesFound = count(first);
      this.mainProcessFound = second === "1";
    } else if (word === "SIGNAL" && isSignal(first)) {
      this.signals.push({ signal: first, count: count(second), at: Date.now() });
    } else if (word === "LEFT") {
      const command = visible(words.slice(2).join(" ").trim()).slice(0, 200);
      this.left.push({ pid: count(first), user: visible(second).slice(0, 64), command });
    }
  }
}

function isSignal(word: string): word is SentSignal["signal"] {
  return word === "TERM" || word === "CONT" || word === "STOP" || word === "KILL";
}

/** A number as our scripts write one; what else a host says for one is 0. */
function count(word: string): number {
  return /^\d{1,9}$/.test(word) ? Number(word) : 0;
}
