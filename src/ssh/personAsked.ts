import type { Prompt } from "ssh2";
import { visible } from "../tasks/visibleText";
import type { SecretQuestion } from "../tasks/signInPrompt";
import type { Secrets } from "./secrets";
import type { Unasked } from "./signInNotices";
import type { SshHostConfig } from "./hostConfig";

type Question = Pick<SecretQuestion, "purpose" | "prompt" | "name"> &
  Partial<Pick<SecretQuestion, "instruction" | "echo">>;

/** The person, as one sign-in asks them: it remembers which answers are still to be proved. */
export class PersonAsked {
  /** Answers of which nobody has said yet whether they are right. */
  private unproved: { readonly question: SecretQuestion; readonly secret: string }[] = [];
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
  }

  wasWrong(): void {
    for (const { question } of this.unproved) this.secrets.reject(question);
    this.unproved = [];
  }

  async ask(asked: Question): Promise<string | undefined> {
    if (this.gaveUp) return undefined;
    const { alias } = this.host;
    const question = { alias, instruction: "", echo: false, isRetry: false, ...asked };
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
  askPassword(prompt: string, instruction = ""): Promise<string | undefined> {
    const { user, hostName, port } = this.host;
    const name = `password:${user}@${hostName}:${port}`;
    return this.ask({ purpose: "password", prompt, instruction, name });
  }

  private giveUp(): void {
    this.gaveUp = this.secrets.isPerson;
    if (this.gaveUp) this.onGaveUp();
  }

  /** What the server asks in one round of a dialog (RFC 4256). It answers with nothing once a question was closed. */
  async answerAll(instructions: string, prompts: readonly Prompt[]): Promise<string[]> {
    const instruction = oneLine(instructions);
    const answers: string[] = [];
    for (const { prompt, echo = false } of prompts) {
      const text = oneLine(prompt);
      const isPassword = !echo && /^(?:.*'s )?password\W*$/i.test(text);
      const answer = isPassword
        ? await this.askPassword(text, instruction)
        : await this.ask({ purpose: "code", prompt: text, instruction, echo, name: undefined });
      answers.push(answer ?? "");
    }
    return answers;
  }
}

/** The server's own words are shown as they are, and at most 200 characters of them. */
function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, " ").trim()).slice(0, 200);
}
