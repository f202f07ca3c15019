import { abortable } from "./abortable";
import { SignInNotices, type Unasked } from "./signInNotices";
import type { HostKeyQuestion, SecretQuestion, SignInPrompt } from "../tasks/signInPrompt";

type Question = Omit<SecretQuestion, "isRetry"> & Partial<Pick<SecretQuestion, "isRetry">>;

/**
 * The secrets of this session. A question that several connections have is asked once, and an answer that was right is
 * not asked for again, as with ssh-agent; all of it is in memory alone, and gone with the window.
 */
export class Secrets {
  private readonly known = new Map<string, string>();
  private readonly asking = new Map<string, Promise<string | undefined>>();
  private readonly wrong = new Set<string>();
  /** Host keys that are trusted in this session, and those that are asked about. */
  private readonly trusted = new Set<string>();
  private readonly trusting = new Map<string, Promise<"always" | "once" | undefined>>();

  private readonly notices: SignInNotices;
  /** How many connections to a host wait for the person, by its alias. */
  private readonly waiting = new Map<string, number>();

  /** Sign-ins that the person has agreed to, by their signal. */
  private readonly agreed = new WeakSet<AbortSignal>();

  constructor(private readonly prompt: SignInPrompt | undefined) {
    this.notices = new SignInNotices(prompt);
  }

  /** Whether there is anybody to ask. */
  get canAsk(): boolean {
    return this.prompt !== undefined;
  }

  /** Whether that is somebody who may close a question. */
  get isPerson(): boolean {
    return this.prompt?.isPerson ?? false;
  }

  /** Whether the person is being asked for a host, or is to say whether they want to be. */
  isAsking(alias: string): boolean {
    return (this.waiting.get(alias) ?? 0) > 0;
  }

  /** The person wants something of a host: what waits for their word to sign in goes on. */
  wanted(alias: string): void {
    this.notices.wanted(alias);
  }

  /**
   * The secret, from memory or from the person; undefined when there is none. They say first whether they want to be asked,
   * where the connection is one that they have not asked for. Never rejects.
   */
  async get(
    question: Question,
    signal: AbortSignal,
    unasked?: Unasked,
  ): Promise<string | undefined> {
    const { name, alias } = question;
    if (name !== undefined && this.known.has(name)) return this.known.get(name);
    this.waiting.set(alias, (this.waiting.get(alias) ?? 0) + 1);
    try {
      if (unasked && !(await this.mayAsk(alias, signal, unasked))) return undefined;
      return await this.getAsked(question, signal);
    } finally {
      this.waiting.set(alias, (this.waiting.get(alias) ?? 1) - 1);
    }
  }

  private async mayAsk(alias: string, signal: AbortSignal, unasked: Unasked): Promise<boolean> {
    if (this.agreed.has(signal)) return true;
    const agrees = await abortable(this.notices.ask(alias, unasked), signal).catch(() => false);
    if (agrees) this.agreed.add(signal);
    return agrees;
  }

  private getAsked(question: Question, signal: AbortSignal): Promise<string | undefined> {
    const { name } = question;
    if (name === undefined) return this.ask(question, signal);
    const known = this.known.get(name);
    if (known !== undefined) return Promise.resolve(known);
    let asking = this.asking.get(name);
    if (!asking) {
      asking = this.ask(question, signal)
        .then((secret) => {
          // Others try it too, until it proves to be wrong.
          if (secret !== undefined) this.known.set(name, secret);
          return secret;
        })
        .finally(() => this.asking.delete(name));
      this.asking.set(name, asking);
    }
    return asking;
  }

  /** It was right. */
  keep({ name }: Question, secret: string): void {
    if (name === undefined) return;
    this.known.set(name, secret);
    this.wrong.delete(name);
  }

  /** It was wrong: the next question says so. */
  reject({ name }: Question): void {
    if (name === undefined) return;
    this.known.delete(name);
    this.wrong.add(name);
  }

  /** Whether to trust a key that nobody has seen before. Never rejects. */
  async trustHostKey(
    question: HostKeyQuestion,
    signal: AbortSignal,
  ): Promise<"always" | "once" | undefined> {
    const { name, fingerprint } = question;
    const asked = `${name} ${fingerprint}`;
    if (this.trusted.has(asked)) return "once";
    let asking = this.trusting.get(asked);
    if (!asking && this.prompt) {
      asking = this.prompt
        .trustHostKey(question, signal)
        .finally(() => this.trusting.delete(asked));
      this.trusting.set(asked, asking);
    }
    if (!asking) return undefined;
    const answer = await abortable(asking, signal).catch(() => undefined);
    if (answer === "once") this.trusted.add(asked);
    return answer;
  }

  /** Has the person know what they are to do elsewhere, until the signal is aborted. */
  tell(alias: string, text: string, signal: AbortSignal): void {
    if (!signal.aborted) this.prompt?.tell?.(alias, text, signal);
  }

  forget(): void {
    this.known.clear();
    this.wrong.clear();
  }

  private async ask(question: Question, signal: AbortSignal): Promise<string | undefined> {
    if (!this.prompt || signal.aborted) return undefined;
    const wasWrong = question.name !== undefined && this.wrong.has(question.name);
    const isRetry = wasWrong || question.isRetry === true;
    const asking = this.prompt.askSecret({ ...question, isRetry }, signal);
    return abortable(asking, signal).catch(() => undefined);
  }
}
