import { anything } from "./glob";
import type { CommandTexts } from "./commandTexts";

/** What is denied where a policy has no `deny_substrings`. */
export const defaultDenySubstrings: readonly string[] = [
  "rm -rf /",
  ":(){ :|:& };:",
  "mkfs ",
  "dd if=/dev/zero",
  "shutdown -h",
  "reboot",
  "userdel ",
  "passwd ",
  "ssh ",
  "scp ",
  "rsync -e ssh",
  "curl ",
  "wget ",
  "nc ",
  "nmap ",
  "telnet ",
  "kubectl ",
  "aws ",
  "gcloud ",
  "az ",
];

/** The entry that has an operator of the shell in it and is found in the command as a whole, so across its parts. */
export function findAcrossParts(entries: readonly string[], command: string): string | undefined {
  const texts = [command, normalize(command)];
  return usable(entries)
    .filter((entry) => /[;&|<>(){}\n]/.test(entry))
    .find((entry) => texts.some((text) => containsEntry(text, entry)));
}

/** The entry that denies a simple command: one of its texts contains it, or its program is just that. */
export function findInPart(
  entries: readonly string[],
  { all, programs }: CommandTexts,
): string | undefined {
  const texts = [...all, ...all.map(normalize)];
  return usable(entries).find(
    (entry) => programs.includes(entry.trim()) || texts.some((text) => containsEntry(text, entry)),
  );
}

function usable(entries: readonly string[]): readonly string[] {
  return entries.filter((entry) => entry.trim() !== "");
}

/** Quotes and backslashes removed, blanks to one space each: what is hidden by quoting looks the same then. */
function normalize(text: string): string {
  return text.replace(/['"]/g, "").replace(/\\(.)/gs, "$1").replace(/\s+/g, " ").trim();
}

/** From the beginning of a word: `nc ` is not in `rsync a b`. */
function containsEntry(text: string, entry: string): boolean {
  const startsInWord = /^\w/.test(entry);
  const firstWord = entry.search(/\s|$/);
  for (let start = 0; start < text.length; start++) {
    if (startsInWord && /[\w.-]/.test(text.charAt(start - 1))) continue;
    if (matchesAt(text, start, entry, firstWord)) return true;
  }
  return false;
}

/** An expansion may be the rest of an entry once the first word of that is spelled out: `rm $X` may be `rm -rf /`. */
function matchesAt(text: string, start: number, entry: string, firstWord: number): boolean {
  for (let i = 0; i < entry.length; i++) {
    if (i >= firstWord && text[start + i] === anything) return true;
    if (text[start + i] !== entry[i]) return false;
  }
  return true;
}
