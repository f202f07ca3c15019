import attached from "../remote/attached.sh";
import cancel from "../remote/cancel.sh";
import ladder from "../remote/ladder.sh";
import leader from "../remote/leader.sh";
import members from "../remote/members.sh";

/** The script that runs a task attached to the channel it is sent over. */
export function attachedScript(nonce: string, taskId: string, command: string): string {
  const call = ["st_attached", nonce, taskId, withoutComments(leader), command];
  return script([members, ladder, attached], call);
}

export interface CancelTarget {
  readonly taskId: string;
  /** `pid:start` of the main process, "" when not known. */
  readonly leader: string;
  /** Of the boot the main process was started in, "" when not known. */
  readonly bootId: string;
}

/** The script that cancels a task over a channel of its own. */
export function cancelScript(nonce: string, target: CancelTarget, graceSeconds: number): string {
  const hundredths = String(Math.round(graceSeconds * 100));
  const call = ["st_cancel", nonce, target.taskId, target.leader, target.bootId, hundredths];
  return script([members, ladder, cancel], call);
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
