import type { SignInPrompt } from "../tasks/signInPrompt";

/** Why a connection is opened that nobody has asked for at this moment. */
export type Unasked = "cancel" | "follow";

/** A cancel that could not be verified is tried again for about a minute: it asks once. */
const cancelAsksAgainMs = 60_000;

/**
 * Has the person say by a notification whether they want to sign in to a host now, where they have not just asked for it:
 * a box that takes what they type may not open by itself. One notification a host at a time.
 */
export class SignInNotices {
  private readonly open = new Map<string, { answer: Promise<boolean>; accept: () => void }>();
  /** When the person said no, by performance.now(). */
  private readonly declined = new Map<string, number>();

  constructor(private readonly prompt: SignInPrompt | undefined) {}

  /** Whether they may be asked what the sign-in needs. Never rejects. */
  ask(alias: string, why: Unasked): Promise<boolean> {
    const announce = this.prompt?.announce?.bind(this.prompt);
    if (!announce) return Promise.resolve(true);
    const declinedAt = this.declined.get(alias);
    const again = why === "cancel" ? cancelAsksAgainMs : Infinity;
    if (declinedAt !== undefined && performance.now() - declinedAt < again)
      return Promise.resolve(false);
    const asked = this.open.get(alias);
    if (asked) return asked.answer;
    let accept: () => void = () => undefined;
    const accepted = new Promise<boolean>((resolve) => (accept = () => resolve(true)));
    const answer = Promise.race([announce(alias), accepted]).then((wanted) => {
      this.open.delete(alias);
      if (wanted) this.declined.delete(alias);
      else this.declined.set(alias, performance.now());
      return wanted;
    });
    this.open.set(alias, { answer, accept });
    return answer;
  }

  /** The person wants something of the host: they may be asked. */
  wanted(alias: string): void {
    this.declined.delete(alias);
    this.open.get(alias)?.accept();
  }
}
