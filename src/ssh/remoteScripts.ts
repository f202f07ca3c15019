import attached from "../remote/attached.sh";
import control from "../remote/control.sh";
import folder from "../remote/folder.sh";
import ladder from "../remote/ladder.sh";
import leader from "../remote/leader.sh";
import members from "../remote/members.sh";
import reaper from "../remote/reaper.pl";
import runner from "../remote/runner.sh";
import report from "../remote/report.sh";
import sweep from "../remote/sweep.sh";

/** The script that runs a task attached to the channel it is sent over. */
export function attachedScript(nonce: string, taskId: string, command: string): string {
  const texts = [...[leader, runner, reaper].map(withoutComments), command];
  return script([folder, members, ladder, attached], ["st_attached", nonce, taskId, ...texts]);
}

/** What tells `attachedScript`, over the same channel, that the task's end was heard of. */
export const endHeard = "done\n";

/** The script that answers requests about tasks, a line each. */
export function controlScript(nonce: string): string {
  return script([folder, members, ladder, report, sweep, control], ["st_control", nonce]);
}

export interface TaskTarget {
  readonly taskId: string;
  /** `pid:start` of the main process, "" when not known. */
  readonly leader: string;
  /** Of the boot the main process was started in, "" when not known. */
  readonly bootId: string;
  /** Pid of what waits for the main process, "" when not known. */
  readonly supervisor: string;
  /** `reaper` when that gets the orphans of the task too. */
  readonly reaper: string;
}

/** One request to `controlScript`. Its words are of letters, digits, `:`, `.`, `_` and `-` only. */
export function requestLine(
  verb: "cancel" | "list",
  nonce: string,
  { taskId, leader, bootId, supervisor, reaper }: TaskTarget,
  graceSeconds = 0,
): string {
  const words = [leader, bootId, supervisor, reaper].map((word) => (word === "" ? "-" : word));
  return `${[verb, nonce, taskId, ...words, Math.round(graceSeconds * 100)].join(" ")}\n`;
}

/** Functions first, then one call, which a shell only makes once it has read its last brace: cut off, nothing runs. */
function script(parts: readonly string[], call: readonly string[]): string {
  const functions = parts.map(withoutComments).join("\n");
  return `${functions}\n{ ${call.map(quote).join(" ")}; exit $?; }\n`;
}

/** Single quotes keep every byte as it is in any POSIX shell (POSIX.1-2017, Shell Command Language, 2.2.2). */
function quote(word: string): string {
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

function withoutComments(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n");
}
