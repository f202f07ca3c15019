import type { HostProcess } from "../tasks/remoteHost";
import { processesHidden } from "./sshErrors";
import { visible } from "../tasks/visibleText";

/** What a list holds at the most; a hostile host gets no more of our memory. */
const maxListed = 500;

/** Reads the answer of `remote/control.sh` to a list. */
export class ProcessListReader {
  private verdict = "";
  private readonly processes: HostProcess[] = [];

  readLine(line: string): "begun" | "ended" | undefined {
    const [word = "", ...words] = line.split(" ");
    if (word === "BEGIN") return "begun";
    if (word === "END") {
      this.verdict = words[0] ?? "";
      return "ended";
    }
    if (word !== "PROCESS" || this.processes.length >= maxListed) return undefined;
    const [pid = 0, parent = 0, ageSeconds = 0] = words.slice(0, 3).map(count);
    const user = visible(words[3] ?? "").slice(0, 64);
    const command = visible(words.slice(4).join(" ").trim()).slice(0, 200);
    this.processes.push({ pid, parent, ageSeconds, user, command });
    return undefined;
  }

  /** By pid. @throws TaskError `processesHidden` when the host can't show them. */
  result(alias: string): readonly HostProcess[] {
    if (this.verdict !== "listed" && this.verdict !== "rebooted") throw processesHidden(alias);
    return this.processes.sort((a, b) => a.pid - b.pid);
  }
}

function count(word: string): number {
  return /^\d{1,10}$/.test(word) ? Number(word) : 0;
}
