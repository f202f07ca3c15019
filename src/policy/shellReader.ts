import { anything } from "./glob";
import { changesShell, closers, closings, continuations, keywords, unread } from "./shellKeywords";
import { readTokens, type ShellOperator, type ShellToken } from "./shellTokens";
import { UnreadableCommand, type ShellWord } from "./shellWords";

/** One program with its arguments, as a shell would run it. */
export interface SimpleCommand {
  /** As it was written, without the keywords before it; redirections are in it. */
  readonly raw: string;
  /** The leading `NAME=value` words. */
  readonly assignments: readonly string[];
  /** Program and arguments, quoting removed; where a shell would fill something in, there is `anything`. */
  readonly words: readonly string[];
}

export type Reading =
  | { readonly kind: "read"; readonly commands: readonly SimpleCommand[] }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Reads a command as dash, bash, busybox ash and zsh agree on it (POSIX XCU 2, Shell Command Language), and gives all
 * simple commands that running it can run: those of lists, pipelines, groups, `if`, `while`, `until` and `for`. What can't
 * be read for sure is unreadable, with a sentence that says what to send instead.
 */
export function readShellCommand(source: string): Reading {
  try {
    return { kind: "read", commands: new ShellReader(source, readTokens(source)).read() };
  } catch (error) {
    if (error instanceof UnreadableCommand) return { kind: "unreadable", why: error.message };
    throw error;
  }
}

/** So that deciding about them all takes no time to speak of. */
const maxCommands = 500;

/** No other: to set PATH, or `path` in zsh, would change what is run. */
const loopVariable = /^[a-z]$/;

type State =
  /** A command is to follow, or nothing, as after a line break. */
  | "between"
  /** A command has to follow. */
  | "open"
  /** A group has just ended. */
  | "closed";

class ShellReader {
  private readonly commands: SimpleCommand[] = [];
  private readonly expected: string[] = [];
  private state: State = "between";
  private position = 0;

  constructor(
    private readonly source: string,
    private readonly tokens: readonly ShellToken[],
  ) {}

  read(): SimpleCommand[] {
    for (let token = this.peek(); token !== undefined; token = this.peek()) this.readNext(token);
    const missing = this.expected.at(-1);
    if (missing !== undefined) throw unreadable(`There is no ${missing} at the end. Add it.`);
    if (this.state === "open") throw unreadable("The command breaks off. Send all of it.");
    if (this.commands.length > maxCommands) {
      throw unreadable(`These are more than ${maxCommands} commands. Send them in several pieces.`);
    }
    if (this.commands.length === 0) throw unreadable("There is no command in it. Send one.");
    return this.commands;
  }

  private peek(): ShellToken | undefined {
    return this.tokens[this.position];
  }

  private readNext(token: ShellToken): void {
    if (token.kind === "operator") {
      this.position++;
      this.readOperator(token.operator);
    } else if (token.kind === "redirection" && this.state === "closed") {
      this.position++;
    } else if (token.kind === "word" && keywords.has(this.rawOf(token))) {
      this.position++;
      this.readKeyword(this.rawOf(token));
    } else {
      if (this.state === "closed")
        throw unreadable("A group ends before a word. Put ; between them.");
      this.readSimpleCommand();
    }
  }

  private readOperator(operator: ShellOperator): void {
    if (operator === "(") {
      if (this.state === "closed")
        throw unreadable("A ( stands behind a group. Put ; between them.");
      this.open("(");
    } else if (operator === ")") {
      this.close(")");
    } else if (operator !== "\n" || this.state === "closed") {
      this.endCommand(operator);
    }
  }

  /** A command, simple or a group, has to be before the operator. */
  private endCommand(operator: ShellOperator): void {
    if (this.state !== "closed")
      throw unreadable(`There is no command before ${operator}. Add one.`);
    this.state = [";", "&", "\n"].includes(operator) ? "between" : "open";
  }

  private readKeyword(keyword: string): void {
    if (unread.has(keyword)) throw unreadKeyword(keyword);
    if (closings.has(keyword)) {
      this.close(keyword);
      return;
    }
    const continues = continuations.has(keyword);
    if (this.state === "closed" && !continues) {
      throw unreadable(`There is a ${keyword} behind a group. Put ; between them.`);
    }
    if (keyword === "for") this.readLoopWords();
    else if (continues || keyword === "!") this.state = "open";
    else this.open(keyword);
  }

  private open(opener: string): void {
    const closer = closers[opener];
    if (closer !== undefined) this.expected.push(closer);
    this.state = "open";
  }

  private close(closer: string): void {
    if (this.state === "open") throw unreadable(`There is no command before ${closer}. Add one.`);
    if (this.expected.pop() !== closer) {
      throw unreadable(`A ${closer} closes nothing. Remove it, or quote it.`);
    }
    this.state = "closed";
  }

  /** `for x in WORD…` up to the line's end: runs nothing by itself. */
  private readLoopWords(): void {
    const [name, ofWhat, ...words] = this.takeWords();
    const end = this.peek();
    const named = name !== undefined && loopVariable.test(this.rawOf(name));
    const ends = end?.kind === "operator" && (end.operator === ";" || end.operator === "\n");
    if (!named || ofWhat === undefined || this.rawOf(ofWhat) !== "in" || !ends) {
      throw unreadable(
        "Of `for` only `for x in WORDS; do …; done` is read, with x a single small letter. Write it so.",
      );
    }
    for (const word of words) this.refuseBrace(word);
    this.position++;
    this.open("for");
  }

  private takeWords(): ShellWord[] {
    const words: ShellWord[] = [];
    for (let token = this.peek(); token?.kind === "word"; token = this.peek()) {
      words.push(token);
      this.position++;
    }
    return words;
  }

  private readSimpleCommand(): void {
    const first = this.position;
    while (this.peek() !== undefined && this.peek()?.kind !== "operator") this.position++;
    const next = this.peek();
    if (next?.kind === "operator" && next.operator === "(") {
      throw unreadable("A ( stands among words. Quote it, or put ; before it.");
    }
    const tokens = this.tokens.slice(first, this.position);
    const words = tokens.filter((token) => token.kind === "word");
    const program = words.findIndex((word) => !this.isAssignment(word));
    const leading = program < 0 ? words.length : program;
    this.checkWords(words, leading, tokens.length > words.length);
    this.commands.push({
      raw: this.source.slice(tokens[0]?.start, tokens.at(-1)?.end),
      assignments: words.slice(0, leading).map(({ text }) => text),
      words: words.slice(leading).map(({ text }) => text),
    });
    this.state = "closed";
  }

  private checkWords(words: readonly ShellWord[], leading: number, redirected: boolean): void {
    const program = words[leading];
    for (const word of words) this.refuseBrace(word);
    if (program === undefined) {
      // zsh would run a pager for it.
      if (redirected) throw unreadable("A redirection stands alone. Put a command before it.");
      return;
    }
    if (program.text.includes(anything)) {
      throw unreadable("The program is named by an expansion. Send its name as plain text.");
    }
    if (program.text === "") throw unreadable("The program's name is empty. Send its name.");
    if (keywords.has(this.rawOf(program)) || ["-", "noglob"].includes(program.text)) {
      throw unreadKeyword(program.text);
    }
    if (changesShell(words.slice(leading).map(({ text }) => text))) {
      throw unreadable(
        `${program.text} changes how the shell reads what follows. Send commands that do without it.`,
      );
    }
  }

  /** zsh ends a group at a lone } wherever it is, and begins one at a lone { in some places. */
  private refuseBrace(word: ShellWord): void {
    if (["{", "}"].includes(this.rawOf(word))) {
      throw unreadable(`A lone ${this.rawOf(word)} stands among words. Quote it.`);
    }
  }

  private isAssignment(word: ShellWord): boolean {
    return /^[A-Za-z_]\w*\+?=/.test(this.rawOf(word));
  }

  private rawOf(word: ShellWord): string {
    return this.source.slice(word.start, word.end);
  }
}

function unreadKeyword(keyword: string): Error {
  return unreadable(
    `Shells differ about a command that begins with ${keyword}, or it is not read. Send the commands inside it by themselves.`,
  );
}

function unreadable(why: string): Error {
  return new UnreadableCommand(why);
}
