import attached from "../remote/attached.sh";
import control from "../remote/control.sh";
import deadline from "../remote/deadline.sh";
import durableMain from "../remote/durable.pl";
import durable from "../remote/durable.sh";
import folder from "../remote/folder.sh";
import follow from "../remote/follow.pl";
import followInShell from "../remote/follow.sh";
import ladder from "../remote/ladder.sh";
import leader from "../remote/leader.sh";
import members from "../remote/members.sh";
import reaper from "../remote/reaper.pl";
import runner from "../remote/runner.sh";
import report from "../remote/report.sh";
import spooled from "../remote/spooled.sh";
import subreaper from "../remote/subreaper.pl";
import supervise from "../remote/supervise.pl";
import supervisor from "../remote/supervisor.sh";
import sweep from "../remote/sweep.sh";
import type { OutputCursor } from "../tasks/outputLog";
import type { DurableStart } from "./durableLine";

/** The perl that starts the main process of an attached task and gets its orphans. */
export const reaperScript = [subreaper, reaper].map(withoutComments).join("\n");

/** The script that runs a task attached to the channel it is sent over. */
export function attachedScript(nonce: string, taskId: string, command: string): string {
  const texts = [...[leader, runner].map(withoutComments), reaperScript, command];
  return script([folder, members, ladder, attached], ["st_attached", nonce, taskId, ...texts]);
}

/** What tells `attachedScript`, over the same channel, that the task's end was heard of. */
export const endHeard = "done\n";

/** The script that answers requests about tasks, a line each; it removes what is older than `keepDays` first. */
export function controlScript(nonce: string, keepDays: number): string {
  return script(
    [folder, members, ladder, report, sweep, control],
    ["st_control", nonce, String(keepDays)],
  );
}

/** The script that starts durable tasks and follows them; `spoolBytes` is what each stream of one may keep there. */
export function durableScript(nonce: string, spoolBytes: number): string {
  const main = [subreaper, supervise, follow, durableMain].map(withoutComments).join("\n");
  const words = [nonce, main, withoutComments(leader), climbBy(deadline), String(spoolBytes)];
  return script([durable], ["st_durable", ...words]);
}

/** The script that starts one durable task, where it has not been, and follows it from its beginning on, without perl. */
export function spooledStartScript(
  nonce: string,
  { taskId, command, seconds, merge }: DurableStart,
): string {
  const texts = [withoutComments(leader), climbBy(supervisor), climbBy(deadline), command];
  const how = [String(seconds), merge ? "1" : "0", ...texts];
  return spooledScript(nonce, taskId, { stdout: 0, stderr: 0 }, how);
}

/** The one that follows it from these offsets on. */
export function spooledFollowScript(nonce: string, taskId: string, from: OutputCursor): string {
  return spooledScript(nonce, taskId, from, []);
}

function spooledScript(
  nonce: string,
  taskId: string,
  { stdout, stderr }: OutputCursor,
  start: readonly string[],
): string {
  const words = [nonce, taskId, String(stdout), String(stderr), ...start];
  return script([folder, ladder, followInShell, spooled], ["st_spooled", ...words]);
}

/** A script of its own that needs all of the ladder. */
function climbBy(text: string): string {
  return [folder, members, ladder, text].map(withoutComments).join("\n");
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

/** One request to `controlScript` to forget tasks. */
export function removeLine(nonce: string, taskIds: readonly string[]): string {
  return `${["remove", nonce, ...taskIds].join(" ")}\n`;
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
