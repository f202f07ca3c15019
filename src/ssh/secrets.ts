import { abortable } from "./abortable";
import type { HostKeyQuestion, SecretQuestion, SignInPrompt } from "../tasks/signInPrompt";

type Question = Omit<SecretQuestion, "isRetry">;

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

  constructor(private readonly prompt: SignInPrompt | undefined) {}

  /** Whether there is anybody to ask. */
  get canAsk(): boolean {
    return this.prompt !== undefined;
  }

  /** Whether that is somebody who may close a question. */
  get isPerson(): boolean {
    return this.prompt?.isPerson ?? false;
  }

  /** The secret, from memory or from the person; undefined when there is none. Never rejects. */
  async get(question: Question, signal: AbortSignal): Promise<string | undefined> {
    const { name } = question;
    if (name === undefined) return this.ask(question, signal);
    const known = this.known.get(name);
    if (known !== undefined) return known;
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
    const isRetry = question.name !== undefined && this.wrong.has(question.name);
    const asking = this.prompt.askSecret({ ...question, isRetry }, signal);
    return abortable(asking, signal).catch(() => undefined);
  }
}
