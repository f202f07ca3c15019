/** What ends what these begin. */
export const closers: Readonly<Record<string, string>> = {
  if: "fi",
  while: "done",
  until: "done",
  for: "done",
  "{": "}",
  "(": ")",
};
/** These go on with what another has begun. */
export const continuations = new Set(["then", "elif", "else", "do"]);
/** Behind these a command follows. */
export const openings = new Set(["if", "then", "elif", "else", "while", "until", "do", "{", "!"]);
/** These end what another has begun. */
export const closings = new Set(["fi", "done", "}"]);
/** Keywords of some shell that are not seen through, and words by which zsh runs what follows. */
export const unread = new Set(
  "case esac select function coproc time repeat foreach end in [[ ]] - noglob nocorrect".split(" "),
);
/** What is no program at the beginning of a command. */
export const keywords = new Set([...openings, ...closings, ...unread, "for"]);

/** Says whether a command changes how shells read what comes after it. */
export function changesShell([program = "", ...args]: readonly string[]): boolean {
  if (program !== "set")
    return ["alias", "setopt", "unsetopt", "emulate", "shopt"].includes(program);
  return !args.every((arg) => /^(?:[-+][eux]*o?|errexit|nounset|xtrace|pipefail)$/.test(arg));
}
