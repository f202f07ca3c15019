/** One line of an ssh config that says something. */
export interface ConfigLine {
  /** In lower case. */
  readonly keyword: string;
  /** What follows it, without quotes, escapes and comment. */
  readonly words: readonly string[];
  /** What follows it as it stands, for the keywords that OpenSSH takes so: ProxyCommand and ProxyJump. */
  readonly rest: string;
}

/**
 * Takes a line apart as OpenSSH does (readconf.c, process_config_line_depth).
 * @returns undefined for a blank line and a comment. @throws Error at a quote that does not end
 */
export function parseConfigLine(line: string): ConfigLine | undefined {
  const [, , keyword, , rest = ""] =
    /^[ \t\r]*("?)([^\s"=]+)\1([ \t\r]*=)?[ \t\r]*(.*)$/s.exec(trimEnd(line)) ?? [];
  if (keyword === undefined || keyword.startsWith("#")) return undefined;
  const words = splitWords(rest);
  return { keyword: keyword.toLowerCase(), words, rest: rest.replace(/^[ \t\r=]+/, "") };
}

/** A loop, as a regular expression takes quadratic time over long runs of blanks. */
function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && " \t\r\f".includes(line.charAt(end - 1))) end--;
  return line.slice(0, end);
}

/** As misc.c has it, argv_split: quotes of both kinds anywhere, a backslash before a quote, itself or a blank, `#` between words. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (isBlank(text[at])) {
      at++;
      continue;
    }
    if (text[at] === "#") break;
    const { word, end } = readWord(text, at);
    words.push(word);
    at = end;
  }
  return words;
}

function readWord(text: string, start: number): { word: string; end: number } {
  let word = "";
  let quote = "";
  let at = start;
  for (; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\" && isEscaped(text.charAt(at + 1), quote)) {
      word += text.charAt(++at);
    } else if (quote === "" && isBlank(character)) {
      break;
    } else if (quote === "" && (character === '"' || character === "'")) {
      quote = character;
    } else if (character === quote) {
      quote = "";
    } else {
      word += character;
    }
  }
  if (quote !== "") throw new Error("a quote does not end");
  return { word, end: at };
}

function isEscaped(next: string, quote: string): boolean {
  return next === "'" || next === '"' || next === "\\" || (quote === "" && next === " ");
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
