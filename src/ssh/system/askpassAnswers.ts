import type { PersonAsked } from "../personAsked";
import type { Secrets } from "../secrets";
import type { SshHostConfig } from "../hostConfig";
import { visible } from "../../tasks/visibleText";
import type { AskpassQuestion } from "./askpassServer";

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
  private readonly asked = new Set<string>();
  private readonly answered = new Set<string>();

  constructor(
    private readonly host: SshHostConfig,
    private readonly parts: AskpassAnswersParts,
  ) {}

  /** Never rejects; undefined is no answer. */
  async answer({ prompt, kind }: AskpassQuestion, gone: AbortSignal): Promise<string | undefined> {
    const { person } = this.parts;
    if (kind === "none") {
      person.tell(oneLine(prompt), gone);
      return undefined;
    }
    if (kind === "confirm") return undefined; // nothing of ours asks for that
    if (/^The authenticity of host /.test(prompt)) return this.trust(prompt);
    // A secret that is asked for again was wrong.
    if (this.asked.has(prompt)) person.wasWrong();
    this.asked.add(prompt);
    const answer = await this.give(oneLine(prompt));
    if (answer !== undefined) this.answered.add(prompt);
    return answer;
  }

  /** Whether ssh was given an answer to a question with this text in it. */
  gave(text: string): boolean {
    return [...this.answered].some((prompt) => prompt.includes(text));
  }

  private give(prompt: string): Promise<string | undefined> {
    const { person } = this.parts;
    const { user, hostName } = this.host;
    const [, path] = /^Enter passphrase for (?:key )?'?(.+?)'?: ?$/.exec(prompt) ?? [];
    if (path !== undefined) {
      const text = `Passphrase for ${path}`;
      return person.ask({ purpose: "passphrase", prompt: text, name: `passphrase:${path}` });
    }
    const [, account, rest = prompt] = /^\(([^()\s]+@[^()\s]+)\) (.*)$/.exec(prompt) ?? [];
    const [, other] = /^(\S+@\S+)'s password: ?$/.exec(prompt) ?? [];
    const [its, text] = [account ?? other, rest.replace(/:? ?$/, "")];
    const isOurs = its === undefined || its.toLowerCase() === `${user}@${hostName}`.toLowerCase();
    if (/^(?:.*'s )?password\W*$/i.test(rest)) {
      if (isOurs) return person.askPassword(text);
      return person.ask({ purpose: "password", prompt: text, name: `password:${its}` });
    }
    return person.ask({ purpose: "code", prompt: text, name: undefined });
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

/** ssh's own words are shown as they are, and at most 200 characters of them. */
function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, " ")).slice(0, 200);
}
