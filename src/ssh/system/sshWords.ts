import type { Refusal, Untried } from "../signInErrors";

/** What it notes then. */
export const keysAgreed = /^debug1: SSH2_MSG_NEWKEYS received/m;

/** What ssh itself can't tell of a sign-in. */
export interface SignInFacts {
  /** Nobody could be asked. */
  readonly batch: boolean;
  /** Whether ssh was given an answer to a question with this text in it. */
  readonly gave: (text: string) => boolean;
  /** The agent was left out, as it hangs. */
  readonly agentHangs?: boolean;
}

/** What ssh writes on its standard error at LogLevel DEBUG1 or higher: what it says to everybody, and what it notes. */
export class SshWords {
  /** Its lines, without the notes. */
  readonly said: readonly string[];
  private readonly notes: string;

  constructor(text: string) {
    const lines = text.split(/\r?\n/).filter((line) => line !== "");
    const isNote = (line: string): boolean => /^debug\d: /.test(line);
    this.said = lines.filter((line) => !isNote(line));
    this.notes = lines.filter(isNote).join("\n");
  }

  /** Whether the keys are agreed on. */
  get signsIn(): boolean {
    return keysAgreed.test(this.notes);
  }

  /** What a server begins with that does not speak SSH 2; undefined where it does, or has said nothing. */
  get otherProtocol(): string | undefined {
    const [, version = "", software = ""] =
      /Remote protocol version (\S+), remote software version (.*)/.exec(this.notes) ?? [];
    if (version !== "")
      return /^(?:2\.0|1\.99)$/.test(version) ? undefined : `SSH-${version}-${software}`;
    return this.first(/banner line \d+: (.*)/);
  }

  /** What the server had to say during the sign-in. */
  get banner(): string {
    const its =
      /^(?:Connection |Received disconnect|Disconnected |Load key |Warning: |Authenticated )/;
    const received = /^Received disconnect from .* port \d+:\d+: (.*)/m.exec(this.said.join("\n"));
    return received?.[1] ?? this.said.filter((line) => !its.test(line)).join(" ");
  }

  refusal(facts: SignInFacts): Refusal {
    const takes = (this.all(/Authentications that can continue: (.*)/).at(-1) ?? "").split(",");
    const offered = this.all(/Offering public key: (.*?) [A-Z0-9-]+ SHA256:/);
    const files = this.badFiles();
    const unused = [...files, ...this.unusedKeys(facts, files)];
    const tried = this.all(/Next authentication method: (.*)/);
    const [asking, asked] = [
      ["keyboard-interactive", "password"],
      (what: string) => tried.includes(what),
    ];
    const closed = facts.batch ? asking.filter((what) => takes.includes(what) && !asked(what)) : [];
    const unasked = closed.map((what): Untried => {
      return { what, why: "nobodyToAsk", detail: "nobody can be asked here" };
    });
    return {
      refused: [
        ...offered.filter((key) => !unused.some(({ what }) => what === key)),
        ...asking.filter(asked),
      ],
      untried: [...this.agentFault(facts), ...unused, ...unasked],
      takes: takes.filter((method) => method !== ""),
      tooMany: this.said.some((line) => line.includes("Too many authentication failures")),
    };
  }

  /** Of a key that the server takes there is a signature, if ssh can make one. */
  private unusedKeys({ gave }: SignInFacts, files: readonly Untried[]): Untried[] {
    const said = this.said.join("\n");
    // It has signed with one, and the server has taken that for a step.
    if (/with partial success/.test(said)) return [];
    const failed = /signing failed for \S+ "(.*)"(?: from agent)?: (.*)/.exec(said);
    const accepted = this.all(/Server accepts key: (.*?) [A-Z0-9-]+ SHA256:/);
    return accepted.flatMap((what): Untried | [] => {
      if (files.some((file) => file.what === what)) return [];
      if (failed?.[1] === what) return { what, why: "other", detail: failed[2] ?? "" };
      return gave(what)
        ? { what, why: "passphraseWrong", detail: "its passphrase was wrong" }
        : { what, why: "passphraseNeeded", detail: "it needs a passphrase" };
    });
  }

  private badFiles(): Untried[] {
    return this.said.flatMap((line): Untried[] => {
      const [, what, detail = ""] = /^Load key "(.*)": (.*)$/.exec(line) ?? [];
      return what === undefined ? [] : [{ what, why: "file", detail }];
    });
  }

  private agentFault({ agentHangs }: SignInFacts): Untried[] {
    const detail = agentHangs
      ? "it does not answer"
      : this.first(/get_agent_identities: ssh_\w+: (.*)/);
    return detail === undefined ? [] : [{ what: "the agent", why: "agent", detail }];
  }

  private first(pattern: RegExp): string | undefined {
    return pattern.exec(this.notes)?.[1];
  }

  private all(pattern: RegExp): string[] {
    return [...this.notes.matchAll(new RegExp(pattern, "g"))].map(([, found = ""]) => found);
  }
}
