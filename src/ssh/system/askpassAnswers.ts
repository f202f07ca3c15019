import type { PersonAsked } from "../personAsked";
import type { Secrets } from "../secrets";
import type { SshHostConfig } from "../hostConfig";
import { TaskError } from "../../tasks/taskError";
import { visible } from "../../tasks/visibleText";
import type { AskpassQuestion } from "./askpassServer";
import { DialogWords } from "./dialogWords";

export interface AskpassAnswersParts {
  readonly person: PersonAsked;
  readonly secrets: Secrets;
  /** Called with true when the person is being asked, and with false when no more. */
  readonly onAsking: (asking: boolean) => void;
  /** Aborted when the connection is given up. */
  readonly signal: AbortSignal;
}

/** Answers what ssh asks while one connection signs in, as `SignIn` and `HostKeyCheck` would have asked it. */
export class AskpassAnswers {
  /** A fingerprint that the person trusts from now on, not only this once. */
  trustedAlways: string | undefined;
  /** The person did not trust the key. */
  distrusted:
    { readonly name: string; readonly type: string; readonly fingerprint: string } | undefined;
  /** Reads along what ssh says. */
  readonly words = new DialogWords();
  private readonly askedHere = new Set<string>();
  private readonly answered = new Set<string>();

  constructor(
    private readonly host: SshHostConfig,
    private readonly parts: AskpassAnswersParts,
  ) {}

  /** Never rejects; undefined is no answer. */
  async answer({ prompt, kind }: AskpassQuestion, gone: AbortSignal): Promise<string | undefined> {
    const { person } = this.parts;
    if (kind === "none") {
      person.tell(whatToDo(oneLine(prompt)), gone);
      return undefined;
    }
    if (kind === "confirm") return undefined; // nothing of ours asks for that
    if (/^The authenticity of host /.test(prompt)) return this.trust(prompt);
    // What ssh wrote before it asked is read by then.
    await new Promise((resolve) => setImmediate(resolve));
    this.learn();
    const answer = await this.give(prompt);
    if (answer !== undefined) this.answered.add(prompt);
    return answer;
  }

  /** Whether ssh was given an answer to a question with this text in it. */
  gave(text: string): boolean {
    return [...this.answered].some((prompt) => prompt.includes(text));
  }

  /** The sign-in has failed: only where the server refused it an answer was wrong. */
  onFailure(error: unknown): void {
    this.learn();
    if (error instanceof TaskError && error.code === "signInFailed") this.parts.person.wasWrong();
  }

  private learn(): void {
    const outcome = this.words.takeOutcome();
    if (outcome === "right") this.parts.person.wasRight();
    if (outcome === "wrong") this.parts.person.wasWrong();
  }

  private give(prompt: string): Promise<string | undefined> {
    const { person } = this.parts;
    const { user, hostName } = this.host;
    const round = this.words.takeQuestion();
    const [, account, rest = prompt] = /^\(([^()\s]+@[^()\s]+)\) ([^]*)$/.exec(prompt) ?? [];
    const [, other] = /^(\S+@\S+)'s password: ?$/.exec(prompt) ?? [];
    const its = account ?? other;
    if (!round && its === undefined) return this.giveHere(prompt);
    const isOurs = its === undefined || its.toLowerCase() === `${user}@${hostName}`.toLowerCase();
    return person.answer({ prompt: rest, ...round, ...(!isOurs && { account: its }) });
  }

  /** What ssh wants to know itself, to use a key: that it asks again says that it was wrong. */
  private giveHere(prompt: string): Promise<string | undefined> {
    const { person } = this.parts;
    if (this.askedHere.has(prompt)) person.wasWrong();
    this.askedHere.add(prompt);
    const text = oneLine(prompt).replace(/:? ?$/, "");
    const [, path] = /^Enter passphrase for (?:key )?'?(.+?)'?$/.exec(text) ?? [];
    if (path === undefined) return person.ask({ purpose: "code", prompt: text, name: undefined });
    const name = `passphrase:${path}`;
    return person.ask({ purpose: "passphrase", prompt: `Passphrase for ${path}`, name });
  }

  /** ssh takes the fingerprint itself as a yes, so that it is this key that is trusted. */
  private async trust(prompt: string): Promise<string | undefined> {
    const { secrets, signal, onAsking } = this.parts;
    const [, name = "", type = "", fingerprint = ""] =
      /host '(\S+)(?: \(.*?\))?'[^]*?^(\S+) key fingerprint is (SHA256:[A-Za-z0-9+/]+)/m.exec(
        prompt,
      ) ?? [];
    const { alias, userKnownHostsFiles } = this.host;
    const [file = ""] = userKnownHostsFiles;
    if (fingerprint === "") return "no";
    const offered = { name, type, fingerprint };
    onAsking(true);
    const answer = await secrets.trustHostKey({ alias, ...offered, file }, signal);
    onAsking(false);
    if (answer === undefined) this.distrusted = offered;
    if (answer === "always") this.trustedAlways = fingerprint;
    return answer === undefined ? "no" : fingerprint;
  }
}

/** Of a security key ssh says only in its own words what is to be done (sshconnect2.c, identity_sign). */
function whatToDo(prompt: string): string {
  const [, key] = /^Confirm user presence for key (.*)$/.exec(prompt) ?? [];
  return key === undefined ? prompt : `Touch your security key (${key})`;
}

/** ssh's own words are shown as they are, and at most 200 characters of them. */
function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, " ")).slice(0, 200);
}
