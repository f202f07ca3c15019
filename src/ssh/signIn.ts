import type { AnyAuthMethod, AuthHandlerMiddleware, NextAuthHandler } from "ssh2";
import type { TaskError } from "../tasks/taskError";
import { asError } from "../tasks/taskError";
import { agentSocketOf } from "./agentSocket";
import type { IdentityAgent } from "./identityAgent";
import { listIdentities, type Identity } from "./identities";
import type { KeyFile } from "./keyFile";
import type { PersonAsked } from "./personAsked";
import type { SshHostConfig } from "./hostConfig";
import { visible } from "../tasks/visibleText";
import { signInCut, signInFailed, signInGivenUp, type Untried } from "./signInErrors";

/** Times that a password, a passphrase, or a dialog with the server is tried; sshd gives up after 6 (MaxAuthTries). */
const maxAttempts = 3;
/** ssh_config(5), PreferredAuthentications: what of it ssh2 can do. */
const defaultOrder = ["publickey", "keyboard-interactive", "password"];

/** How one connection proves who we are: in the order of the config, one method after another, until the server lets us in. */
export class SignIn {
  /** What was offered, in its order. */
  private tried: readonly string[] = [];
  private readonly untried: Untried[] = [];
  /** The methods that the server takes, once it has said so. */
  private takes: readonly string[] = [];
  /** What was one step of several. */
  private readonly accepted: string[] = [];
  private identities: Identity[] | undefined;
  private offered: IdentityAgent | undefined;
  private readonly attempts = new Map<string, number>();
  private failure: TaskError | undefined;

  constructor(
    private readonly host: SshHostConfig,
    private readonly agentSocket: string | undefined,
    private readonly person: PersonAsked,
    /** Told of each step, without a secret. */
    private readonly log: (text: string) => void,
  ) {}

  /** What ssh2 asks for the next method. */
  readonly handler: AuthHandlerMiddleware = (left, partialSuccess, next) => {
    // The types don't say that the first time nothing is known.
    void this.answer(left, partialSuccess, next);
  };

  /** Why it did not do. Never with a secret in it. */
  refusal(target: string, { tooMany = false } = {}): TaskError {
    const { tried: refused, untried, takes } = this;
    return this.failure ?? signInFailed(target, { refused, untried, takes, tooMany });
  }

  /** The same where the server has let go in its midst, with what it had to say. */
  cutOff(target: string, said: string): TaskError {
    return this.failure ?? signInCut(target, said);
  }

  /** What the server took: a key by where it is, any other method by its name. */
  get method(): string {
    const methods = [...this.accepted, ...this.tried.slice(-1)];
    return methods.length > 0 ? [...new Set(methods)].join(" and ") : "no key";
  }

  /** The server let us in. */
  succeeded(): void {
    this.log(`it took ${this.method}`);
    this.person.wasRight();
  }

  private async answer(
    left: readonly string[] | null,
    partialSuccess: boolean,
    next: NextAuthHandler,
  ): Promise<void> {
    try {
      if (partialSuccess) {
        this.person.wasRight();
        this.accepted.push(...this.tried.slice(-1));
      } else this.person.wasWrong();
      this.logAnswer(left, partialSuccess);
      next((await this.nextMethod(left)) ?? (false as never));
    } catch (error) {
      this.untried.push({ what: "the rest", why: "other", detail: asError(error).message });
      next(false as never);
    }
  }

  private logAnswer(left: readonly string[] | null, partialSuccess: boolean): void {
    const last = this.tried.at(-1);
    if (!left) return;
    if (last !== undefined)
      this.log(`it ${partialSuccess ? "took, as one of several," : "refused"} ${last}`);
    this.log(`it takes ${visible(left.join(", "))}`);
  }

  private async nextMethod(left: readonly string[] | null): Promise<AnyAuthMethod | undefined> {
    const username = this.host.user;
    if (!left) return { type: "none", username };
    this.takes = left;
    if (this.offered?.wasWanted) {
      // ssh2 keeps what the server said of such a key to itself: that it was one step of several. To ask for nothing has
      // the server say it again.
      if (this.offered.hasSigned) this.accepted.push(...this.tried.slice(-1));
      this.offered = undefined;
      return { type: "none", username };
    }
    for (const method of this.host.preferredAuthentications ?? defaultOrder) {
      if (!left.includes(method) || this.person.gaveUp) continue;
      const attempt = await this.attempt(method);
      if (attempt) return attempt;
    }
    if (this.person.gaveUp) this.failure = signInGivenUp(this.host.alias);
    return undefined;
  }

  private attempt(method: string): Promise<AnyAuthMethod | undefined> {
    switch (method) {
      case "publickey":
        return this.offerKey();
      case "keyboard-interactive":
        return this.tryAgain(method, () => this.converse());
      case "password":
        return this.tryAgain(method, () => this.givePassword());
      default:
        return Promise.resolve(undefined);
    }
  }

  private async offerKey(): Promise<AnyAuthMethod | undefined> {
    if (!this.identities) {
      const socket = agentSocketOf(this.host, this.agentSocket);
      const found = await listIdentities(this.host, socket, (file) => this.unlock(file));
      this.identities = [...found.usable];
      for (const one of found.untried) this.notTried(one);
    }
    for (;;) {
      const identity = this.identities.shift();
      if (!identity) return undefined;
      try {
        const agent = await identity.open();
        this.offered = agent;
        this.offer(identity.description);
        return { type: "agent", username: this.host.user, agent };
      } catch (error) {
        if (this.untried.some(({ what }) => what === identity.description)) continue;
        const detail = asError(error).message;
        this.notTried({ what: identity.description, why: "other", detail });
      }
    }
  }

  private async unlock(file: KeyFile) {
    if (!file.isLocked) return file.unlock("");
    const { path } = file;
    for (let attempt = 1; ; attempt++) {
      const passphrase = await this.person.ask({
        purpose: "passphrase",
        prompt: `Passphrase for ${path}`,
        name: `passphrase:${path}`,
      });
      if (passphrase === undefined) {
        this.notTried(
          attempt > 1
            ? { what: path, why: "passphraseWrong", detail: "its passphrase was wrong" }
            : { what: path, why: "passphraseNeeded", detail: "it needs a passphrase" },
        );
        throw new Error("No passphrase was given");
      }
      try {
        const key = await file.unlock(passphrase);
        this.person.wasRight();
        return key;
      } catch (error) {
        this.person.wasWrong();
        if (attempt < maxAttempts) continue;
        const detail = `its passphrase was wrong: ${asError(error).message}`;
        this.notTried({ what: path, why: "passphraseWrong", detail });
        throw error;
      }
    }
  }

  private offer(what: string): void {
    this.log(`it is offered ${what}`);
    this.tried = [...this.tried.filter((tried) => tried !== what), what];
  }

  /** The server has not refused what it was not shown. */
  private notTried(untried: Untried): void {
    this.log(`${untried.what} is not tried: ${untried.detail}`);
    this.untried.push(untried);
    this.tried = this.tried.filter((what) => what !== untried.what);
  }

  /** A method that may be tried several times, where there is somebody to ask. */
  private async tryAgain(
    method: string,
    attempt: () => Promise<AnyAuthMethod | undefined>,
  ): Promise<AnyAuthMethod | undefined> {
    const made = this.attempts.get(method) ?? 0;
    if (!this.person.canBeAsked) {
      const detail = "nobody can be asked here";
      if (made === 0) this.notTried({ what: method, why: "nobodyToAsk", detail });
      this.attempts.set(method, maxAttempts);
      return undefined;
    }
    if (made >= maxAttempts) return undefined;
    this.attempts.set(method, made + 1);
    const tried = await attempt();
    if (tried) this.offer(method);
    const detail = "no secret was given for it";
    if (!tried && made === 0) this.notTried({ what: method, why: "nobodyToAsk", detail });
    return tried;
  }

  private async givePassword(): Promise<AnyAuthMethod | undefined> {
    const { user: username, hostName } = this.host;
    const prompt = `Password for ${username}@${hostName}`;
    const password = await this.person.askPassword(prompt);
    return password === undefined ? undefined : { type: "password", username, password };
  }

  private converse(): Promise<AnyAuthMethod | undefined> {
    const username = this.host.user;
    return Promise.resolve({
      type: "keyboard-interactive",
      username,
      prompt: (name, instructions, _lang, prompts, finish) => {
        void this.person.answerAll(`${name}\n${instructions}`, prompts).then(finish);
      },
    });
  }
}
