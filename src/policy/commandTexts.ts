import { anything } from "./glob";
import type { SimpleCommand } from "./shellReader";

/** The texts of one simple command that rules are matched against; `anything` stands for what a shell fills in. */
export interface CommandTexts {
  /** As it was written. */
  readonly raw: string;
  /** Its words with quoting removed, joined by single spaces. */
  readonly plain: string;
  /** All ways to look at it: also without its assignments, with its program's path left out, and where expansions are empty. */
  readonly all: readonly string[];
  /** The program's name, also as the last part of its path; none where there are only assignments. */
  readonly programs: readonly string[];
}

export function textsOf({ raw, assignments, words }: SimpleCommand): CommandTexts {
  const [program, ...args] = words;
  const inOrder = [...assignments, ...words];
  const plain = inOrder.join(" ");
  if (program === undefined) return { raw, plain, all: [raw, joinWords(inOrder)], programs: [] };
  const base = program.slice(program.lastIndexOf("/") + 1);
  const all = [raw, joinWords(inOrder), joinWords(words), joinWords([base, ...args])];
  return { raw, plain, all: [...new Set(all)], programs: [...new Set([program, base])] };
}

/** A word that is an expansion alone may be none, so what it stands for also stands for the space before it. */
function joinWords(words: readonly string[]): string {
  return words
    .map((word, index) => (index === 0 || word.startsWith(anything) ? word : ` ${word}`))
    .join("");
}
