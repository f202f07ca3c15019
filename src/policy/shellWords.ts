import { anything } from "./glob";

/** Why a command can't be read for sure, as a sentence that says what to send instead. */
export class UnreadableCommand extends Error {
  override readonly name = "UnreadableCommand";
}

/** A word of a command. */
export interface ShellWord {
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
  /** With quoting removed; `anything` from its first expansion to its end. */
  readonly text: string;
}

const parameter = /\$\{(?:#?(?:\w+|[?!#$*@-])|\w+:?[-+][\w./:,@+-]*)\}/y;
/** zsh calculates in what follows, and may set PATH by that. */
const subscript = /\$(?:\w+|[^\w\s"'])\[/y;
const quotedDollar = /\$'[^'\\]*'/y;

/**
 * Reads the word that begins at `start`, as dash, bash, busybox ash and zsh agree on it.
 * @throws UnreadableCommand where they don't, or where it would run another command.
 */
export function readWord(source: string, start: number): ShellWord {
  return new WordReader(source, start).read();
}

class WordReader {
  private text = "";
  private expanded = false;

  constructor(
    private readonly source: string,
    private readonly start: number,
    private position = start,
  ) {}

  read(): ShellWord {
    for (let next = this.peek(); next !== "" && !/[ \t\n;&|<>()]/.test(next); next = this.peek()) {
      if (next === "\\") this.readEscape();
      else if (next === "'") this.readSingleQuotes();
      else if (next === '"') this.readDoubleQuotes();
      else if (next === "$") this.readDollar();
      else this.readPlain(next);
    }
    if (this.peek() === "(") throw functionOrPattern();
    const { start, position: end, text } = this;
    return { start, end, text };
  }

  private peek(ahead = 0): string {
    return this.source.charAt(this.position + ahead);
  }

  private add(text: string): void {
    if (!this.expanded) this.text += text;
  }

  private expand(): void {
    this.add(anything);
    this.expanded = true;
  }

  private readPlain(next: string): void {
    if (next === "`") throw substitution();
    if (this.expands(next)) this.expand();
    else this.add(next);
    this.position++;
  }

  /** What any of the shells replaces; zsh replaces `=program`, and `~` elsewhere too where it is told to. */
  private expands(next: string): boolean {
    if (next === "[") return !this.isAlone("[");
    if (next === "{") return !this.isAlone("{") && !this.isAlone("{}");
    if (next !== "=") return "*?~".includes(next);
    return this.position === this.start || this.source.charAt(this.position - 1) === "=";
  }

  private isAlone(word: string): boolean {
    const { position, start, source } = this;
    return (
      position === start &&
      source.startsWith(word, start) &&
      /^[ \t\n;&|]?$/.test(source.charAt(start + word.length))
    );
  }

  private readEscape(): void {
    const escaped = this.peek(1);
    if (escaped === "")
      throw new UnreadableCommand("The command ends with a backslash. Remove it.");
    if (escaped === "\n") throw gluedLine();
    this.add(escaped);
    this.position += 2;
  }

  private readSingleQuotes(): void {
    const end = this.source.indexOf("'", this.position + 1);
    if (end < 0) throw openQuote("'");
    this.add(this.source.slice(this.position + 1, end));
    this.position = end + 1;
  }

  private readDoubleQuotes(): void {
    this.position++;
    for (let next = this.peek(); next !== '"'; next = this.peek()) {
      if (next === "") throw openQuote('"');
      if (next === "`") throw substitution();
      if (next === "$") this.readDollar(true);
      else if (next === "\\") this.readQuotedEscape();
      else {
        this.add(next);
        this.position++;
      }
    }
    this.position++;
  }

  private readQuotedEscape(): void {
    const escaped = this.peek(1);
    if (escaped === "\n") throw gluedLine();
    this.add('$`"\\'.includes(escaped) ? escaped : `\\${escaped}`);
    this.position += 2;
  }

  private readDollar(quoted = false): void {
    const next = this.peek(1);
    if (next === "(") throw this.peek(2) === "(" ? arithmetic() : substitution();
    if (next === "[" || this.endOf(subscript) !== undefined) throw arithmetic();
    this.expand();
    if (next === "{") this.position = this.endOf(parameter) ?? fail(strangeParameter());
    else if (next === "'" && !quoted) {
      this.position = this.endOf(quotedDollar) ?? fail(dollarQuote());
    } else this.position++;
  }

  private endOf(pattern: RegExp): number | undefined {
    pattern.lastIndex = this.position;
    return pattern.test(this.source) ? pattern.lastIndex : undefined;
  }
}

function fail(error: Error): never {
  throw error;
}

function openQuote(quote: string): Error {
  return new UnreadableCommand(
    `A ${quote} is never closed. Close it, or write \\${quote} for one.`,
  );
}

function gluedLine(): Error {
  return new UnreadableCommand(
    "A backslash at the end of a line is part of a word. Put a blank before it, or send one line.",
  );
}

function substitution(): Error {
  return new UnreadableCommand(
    "Command substitution is not allowed by any policy. Run the inner command first, then send its output as text.",
  );
}

function arithmetic(): Error {
  return new UnreadableCommand("Arithmetic and subscripts are not read. Send the value itself.");
}

function strangeParameter(): Error {
  return new UnreadableCommand(
    "Of parameter expansions only $NAME, ${NAME} and ${NAME:-plain} are read. Send the value itself.",
  );
}

function dollarQuote(): Error {
  return new UnreadableCommand("Shells differ about $'…'. Send the characters in plain quotes.");
}

function functionOrPattern(): Error {
  return new UnreadableCommand(
    "A ( right behind a word is not read: functions, arrays and patterns have it. Quote it, or send the commands one by one.",
  );
}
