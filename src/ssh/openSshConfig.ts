import { parse } from "node:path";
import { systemClock, type Clock } from "../tasks/clock";
import { visible } from "../tasks/visibleText";
import { runBounded, type ProgramEnd } from "./boundedProgram";
import type { ConfigLine } from "./configLine";
import type { HostOptions } from "./hostOptions";

/** For all that `Match exec` and canonicalisation take. */
const defaultSeconds = 10;
/** ssh(1) prints some 5 KiB; lists of forwards may be long. */
const maxBytes = 1024 * 1024;
/** How long an answer counts while no file changes: what `Match exec` looks at may change meanwhile. */
const keepMs = 5_000;
/** Runs at a time; each takes some milliseconds, unless a `Match exec` is slow. */
const maxRuns = 32;

/** What OpenSSH is asked about. */
export interface OpenSshQuestion {
  readonly alias: string;
  /** The only config file to read (ssh(1), -F); absent where the usual ones are. */
  readonly configFile?: string | undefined;
  /** What holds before the config, each `Name=value` (ssh(1), -o). */
  readonly sshOptions: readonly string[];
}

export interface OpenSshParts {
  /** The program to run, by its name on PATH or its path. */
  readonly program?: string;
  readonly clock?: Clock;
  readonly seconds?: number;
}

interface Answer {
  readonly stamp: string;
  readonly options: Promise<HostOptions | undefined>;
  /** When it was there, as the clock counts; undefined until then. */
  at?: number;
}

/** What OpenSSH itself makes of the ssh config, as `ssh -G` prints it: it may run the commands of `Match exec`. */
export class OpenSshConfig {
  private readonly answers = new Map<string, Answer>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(private readonly parts: OpenSshParts = {}) {}

  /**
   * What is said of a host; undefined where there is no ssh to ask. `stamp` differs once the config does: answers are kept
   * for some seconds, and who asks meanwhile shares them. Rejects with an Error that has ssh's own words.
   */
  ask(question: OpenSshQuestion, stamp: string): Promise<HostOptions | undefined> {
    const args = argumentsFor(question);
    const key = JSON.stringify(args);
    this.forgetOld();
    const known = this.answers.get(key);
    if (known?.stamp === stamp) return known.options;
    const answer: Answer = { stamp, options: this.run(question.alias, args) };
    this.answers.set(key, answer);
    answer.options.then(
      () => void (answer.at = this.clock.elapsed()),
      () => {
        if (this.answers.get(key) === answer) this.answers.delete(key);
      },
    );
    return answer.options;
  }

  private forgetOld(): void {
    const now = this.clock.elapsed();
    for (const [key, { at }] of this.answers) {
      if (at !== undefined && now - at >= keepMs) this.answers.delete(key);
    }
  }

  private async run(alias: string, args: readonly string[]): Promise<HostOptions | undefined> {
    const { program = "ssh", seconds = defaultSeconds } = this.parts;
    await this.place();
    try {
      const env = quietEnvironment();
      const cwd = parse(process.execPath).root; // where nobody else puts a program of that name
      const end = await runBounded(program, args, { seconds, bytes: maxBytes, env, cwd });
      return this.read(alias, end, seconds);
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private read(alias: string, end: ProgramEnd, seconds: number): HostOptions | undefined {
    switch (end.kind) {
      case "missing":
        return undefined;
      case "tooSlow":
        throw new Error(
          `ssh -G ${alias} took longer than ${seconds} s, perhaps for a command of Match exec`,
        );
      case "tooLong":
        throw new Error(`ssh -G ${alias} printed more than ${maxBytes} bytes`);
      case "exited":
        if (end.code === 0) return parsePrinted(end.stdout);
        if (/(?:unknown|illegal|invalid) option -- '?G/.test(end.stderr)) return undefined; // before OpenSSH 6.8
        throw new Error(
          `ssh says: ${ownWords(end.stderr) || `nothing, and exits with ${end.code}`}`,
        );
    }
  }

  private async place(): Promise<void> {
    if (this.running < maxRuns) this.running++;
    else await new Promise<void>((go) => this.waiting.push(go)); // until a run leaves its place to this one
  }

  private get clock(): Clock {
    return this.parts.clock ?? systemClock;
  }
}

/** Expanded by ssh -G: all but these (ssh.c: they are filled in when the keys are loaded). */
const unexpanded = new Set(["identityfile", "certificatefile"]);
const lists = new Set(["userknownhostsfile", "globalknownhostsfile"]);

/** Takes what `ssh -G` prints apart: a keyword and its value on each line, without quotes. */
export function parsePrinted(text: string): HostOptions {
  const lines = text.split(/\r?\n/).flatMap((line): ConfigLine[] => {
    const [, keyword, rest] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (keyword === undefined || rest === undefined) return [];
    return [{ keyword, words: lists.has(keyword) ? splitPaths(rest) : [rest], rest }];
  });
  return { lines, expanded: (keyword) => !unexpanded.has(keyword) };
}

/** Blanks in paths are printed like those between paths; what begins like an absolute path is taken for the next one. */
function splitPaths(text: string): string[] {
  return text.split(/ (?=[/~]|[A-Za-z]:[\\/]|__PROGRAMDATA__|none$)/);
}

function argumentsFor({ alias, configFile, sshOptions }: OpenSshQuestion): string[] {
  return [
    "-G",
    ...(configFile === undefined ? [] : ["-F", configFile]),
    ...sshOptions.flatMap((option) => ["-o", option]),
    "--",
    alias,
  ];
}

/** Nobody is asked anything while a config is read, whatever its commands want. */
function quietEnvironment(): NodeJS.ProcessEnv {
  const { SSH_ASKPASS, ...rest } = process.env;
  return { ...rest, SSH_ASKPASS_REQUIRE: "never", GIT_TERMINAL_PROMPT: "0" };
}

/** One line of at most 300 characters. */
function ownWords(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return visible(lines.join(" ")).slice(0, 300);
}
