import { UnreadableCommand, readWord, type ShellWord } from "./shellWords";

export type ShellOperator = "&&" | "||" | ";" | "|" | "|&" | "&" | "\n" | "(" | ")";

/** A piece of a command, from `start` up to `end`. */
export type ShellToken =
  | ({ readonly kind: "word" } & ShellWord)
  | {
      readonly kind: "operator";
      readonly start: number;
      readonly end: number;
      readonly operator: ShellOperator;
    }
  | { readonly kind: "redirection"; readonly start: number; readonly end: number };

const operator = /&&|\|\||\|&|[;&|\n()]/y;
const refused: readonly (readonly [RegExp, string])[] = [
  [/<<</y, "Here-strings are not read. Send the text as an argument."],
  [
    /<</y,
    "Here-documents are not read. Send the text as an argument, or write the file another way.",
  ],
  [/[<>]\(/y, "Process substitution is not read. Send the inner command by itself."],
  [/&[!|]/y, "zsh reads &! and &| in its own way. Put a blank between them, or a line break."],
  [/&>/y, "Shells differ about &>. Write >/dev/null 2>&1 instead."],
  [/;[;&|]/y, "`case` is not read. Send the command of the one case that applies."],
  [/\(\(/y, "Arithmetic is not read. Send the number itself, or ( ( with a blank between groups."],
];
/** Those that touch nothing but the command's own streams. */
const harmless: readonly (readonly [string, RegExp])[] = [
  ["12", />>?[ \t]*\/dev\/null(?=[ \t\n;&|<>)]|$)/y],
  ["12", />&[12](?=[ \t\n;&|<>)]|$)/y],
  ["0", /<[ \t]*\/dev\/null(?=[ \t\n;&|<>)]|$)/y],
];

/**
 * Cuts a command into words, operators and harmless redirections; comments and blanks are left out.
 * @throws UnreadableCommand for all else.
 */
export function readTokens(source: string): ShellToken[] {
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(source)) {
    throw new UnreadableCommand("The command contains control characters. Send it without them.");
  }
  const tokens: ShellToken[] = [];
  for (let start = skipBlanks(source, 0); start < source.length;) {
    const token = readToken(source, start);
    tokens.push(token);
    start = skipBlanks(source, token.end);
  }
  return tokens;
}

/** Also over continued lines and comments, which begin where a word could. */
function skipBlanks(source: string, start: number): number {
  const blanks = /(?:[ \t]|\\\n)*/y;
  // Right behind a word or an operator, a continued line would become part of it.
  if (source.startsWith("\\\n", start) && start > 0 && !/[\n;]/.test(source.charAt(start - 1))) {
    throw new UnreadableCommand(
      "A backslash at the end of a line stands right behind a word. Put a blank before it, or send one line.",
    );
  }
  blanks.lastIndex = start;
  blanks.test(source);
  if (source.charAt(blanks.lastIndex) !== "#") return blanks.lastIndex;
  const end = source.indexOf("\n", blanks.lastIndex);
  return end < 0 ? source.length : end;
}

function readToken(source: string, start: number): ShellToken {
  for (const [pattern, why] of refused) {
    if (endOf(pattern, source, start) !== undefined) throw new UnreadableCommand(why);
  }
  if (/[<>]/.test(source.charAt(start))) return readRedirection(source, start, start);
  const end = endOf(operator, source, start);
  if (end !== undefined) {
    return { kind: "operator", start, end, operator: source.slice(start, end) as ShellOperator };
  }
  const word = readWord(source, start);
  if (/^}[<>]$/.test(source.slice(word.end - 1, word.end + 1))) {
    throw new UnreadableCommand(
      "bash sets a variable by {NAME}>. Put a blank before the redirection.",
    );
  }
  // Digits right before a redirection name the stream; more of them are read differently by shells.
  const isStream =
    /^\d+$/.test(source.slice(start, word.end)) && /[<>]/.test(source.charAt(word.end));
  return isStream ? readRedirection(source, start, word.end) : { kind: "word", ...word };
}

function readRedirection(source: string, start: number, arrow: number): ShellToken {
  const stream = source.slice(start, arrow);
  for (const [streams, pattern] of harmless) {
    const end = endOf(pattern, source, arrow);
    if (end !== undefined && stream.length < 2 && streams.includes(stream)) {
      return { kind: "redirection", start, end };
    }
  }
  throw new UnreadableCommand(
    "Redirections are not allowed by any policy, but for >/dev/null, 2>/dev/null, 2>&1, >&2 and </dev/null. Send the command without it.",
  );
}

function endOf(pattern: RegExp, source: string, start: number): number | undefined {
  pattern.lastIndex = start;
  return pattern.test(source) ? pattern.lastIndex : undefined;
}
