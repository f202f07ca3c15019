import type { HostInfo } from "./remoteHost";

/** What a person may say to an agent's command. */
export const consentAnswers = ["once", "session", "always", "deny"] as const;
export type ConsentAnswer = (typeof consentAnswers)[number];

/** What the person is asked. */
export interface ConsentQuestion {
  readonly host: HostInfo;
  readonly command: string;
  /** Who wants to run it, as it calls itself. */
  readonly client: string;
  /** The rule that wants the person asked; undefined where they are asked about the host as such. */
  readonly rule: string | undefined;
  /** The answers to choose from. */
  readonly offers: readonly ConsentAnswer[];
}

/** Asks the person, never a model. */
export interface ConsentAsker {
  /**
   * Resolves with the answer, and with undefined when there is none; perhaps long after the signal was aborted, from which
   * on the answer lets nothing run any more. Never rejects.
   */
  ask(question: ConsentQuestion, signal: AbortSignal): Promise<ConsentAnswer | undefined>;
}
