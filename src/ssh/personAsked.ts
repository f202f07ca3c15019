import type { Prompt } from "ssh2";
import { visible } from "../tasks/visibleText";
import type { SecretQuestion } from "../tasks/signInPrompt";
import type { Secrets } from "./secrets";
import type { Unasked } from "./signInNotices";
import type { SshHostConfig } from "./hostConfig";

type Question = Pick<SecretQuestion, "purpose" | "prompt" | "name"> &
  Partial<Pick<SecretQuestion, "instruction" | "echo" | "round">>;

/** A question of the server, in its own words. */
export interface ServerQuestion {
  /** Lines before the last one are instructions (OpenSSH sends PAM's so). */
  readonly prompt: string;
  readonly instruction?: string;
  readonly echo?: boolean | undefined;
  /** Which of how many asked at a time. */
  readonly step?: number;
  readonly of?: number;
  /** `user@host`, where it is not the account of the host that is connected to. */
  readonly account?: string;
}

/** What they may take in all for the questions of one sign-in, in ms; sshd itself waits for two minutes (LoginGraceTime). */
export const askMs = 300_000;

/** The person, as one sign-in asks them: it remembers which answers are still to be proved. */
export class PersonAsked {
  /** Answers of which nobody has said yet whether they are right. */
  private unproved: { readonly question: SecretQuestion; readonly secret: string }[] = [];
  /** The prompts whose answers were refused last. */
  private refused = new Set<string>();
  /** A password was refused together with a code, and is tried once more. */
  private inDoubt = false;
  /** They closed a question without an answer: nothing more is asked. */
  gaveUp = false;
  /** Called when they do. */
  onGaveUp: () => void = () => undefined;

  constructor(
    private readonly host: SshHostConfig,
    private readonly secrets: Secrets,
    /** Aborted when the connection is given up. */
    private readonly signal: AbortSignal,
    /** Called with true when they are being asked, and with false when no more: no limit counts that time. */
    private readonly onAsking: (asking: boolean) => void,
    /** Why there is this connection, where they have not just asked for it. */
    private readonly unasked?: Unasked,
  ) {}

  get canBeAsked(): boolean {
    return this.secrets.canAsk;
  }

  wasRight(): void {
    for (const { question, secret } of this.unproved) this.secrets.keep(question, secret);
    this.unproved = [];
    this.refused.clear();
    this.inDoubt = false;
  }

  wasWrong(): void {
    // Where they closed a question, it is that which the server had no answer to.
    if (this.unproved.length === 0 || this.gaveUp) return;
    const named = this.unproved.filter(({ question }) => question.name !== undefined);
    // More often it is the code that is mistyped, or late.
    this.inDoubt = !this.inDoubt && named.length > 0 && named.length < this.unproved.length;
    const wrong = this.unproved.filter(
      ({ question }) => !this.inDoubt || !named.some((one) => one.question === question),
    );
    for (const { question } of wrong) this.secrets.reject(question);
    this.refused = new Set(wrong.map(({ question }) => question.prompt));
    this.unproved = [];
  }

  async ask(asked: Question): Promise<string | undefined> {
    if (this.gaveUp) return undefined;
    const { alias } = this.host;
    const isRetry = this.refused.has(asked.prompt);
    const question = { alias, instruction: "", echo: false, isRetry, ...asked };
    this.onAsking(true);
    try {
      const secret = await this.secrets.get(question, this.signal, this.unasked);
      if (secret === undefined) this.giveUp();
      else this.unproved.push({ question, secret });
      return secret;
    } finally {
      this.onAsking(false);
    }
  }

  /** Has them know what they are to do elsewhere, until the signal is aborted. */
  tell(text: string, signal: AbortSignal): void {
    this.secrets.tell(this.host.alias, text, AbortSignal.any([signal, this.signal]));
  }

  /** The password of the account, by whichever method the server wants it. */
  askPassword(prompt: string): Promise<string | undefined> {
    return this.ask({ purpose: "password", prompt, name: this.passwordName });
  }

  private get passwordName(): string {
    const { user, hostName, port } = this.host;
    return `password:${user}@${hostName}:${port}`;
  }

  private giveUp(): void {
    this.gaveUp = this.secrets.isPerson;
    if (this.gaveUp) this.onGaveUp();
  }

  /** What the server asks in one round of a dialog (RFC 4256). It answers with nothing once a question was closed. */
  async answerAll(instruction: string, prompts: readonly Prompt[]): Promise<string[]> {
    const answers: string[] = [];
    for (const question of prompts) {
      const place = { instruction, step: answers.length + 1, of: prompts.length };
      answers.push((await this.answer({ ...question, ...place })) ?? "");
    }
    return answers;
  }

  /** What the server asks. Only the first password that it wants in one go is that of the account: another may be a code. */
  answer(asked: ServerQuestion): Promise<string | undefined> {
    const { echo = false, step = 1, of = 1, account } = asked;
    const lines = linesOf(asked.prompt);
    const prompt = oneLine(lines.pop() ?? "").replace(/:$/, "");
    const instruction = oneLine(
      [...linesOf(asked.instruction ?? ""), ...lines].map(sentence).join(" "),
    );
    const question = { prompt, instruction, echo, ...(of > 1 && { round: { step, of } }) };
    if (echo || !/^(?:.*'s )?password\W*$/i.test(prompt))
      return this.ask({ purpose: "code", ...question, name: undefined });
    const name = account === undefined ? this.passwordName : `password:${account}`;
    const isSecond = this.unproved.some((one) => one.question.name === name);
    return this.ask({ purpose: "password", ...question, name: isSecond ? undefined : name });
  }
}

function linesOf(text: string): string[] {
  return text.split(/[\r\n]+/).filter((line) => line.trim() !== "");
}

/** A line that is put before others on one. */
function sentence(line: string): string {
  return /[.:!?]$/.test(line.trim()) ? line : `${line.trim()}.`;
}

/** The server's own words are shown as they are, and at most 200 characters of them. */
function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, " ").trim()).slice(0, 200);
}
