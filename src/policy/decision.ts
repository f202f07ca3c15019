import type { CommandTexts } from "./commandTexts";
import type { Outcome } from "./policy";
import type { SimpleCommand } from "./shellReader";

/** A command that an agent wants to run on a host. */
export interface CommandRequest {
  readonly alias: string;
  readonly tags: readonly string[];
  readonly command: string;
}

export interface Decision {
  readonly outcome: Outcome;
  /** What decided: `rules[3]`, `deny_substrings "rm -rf /"`, `default`, or `syntax` for what can't be read for sure. */
  readonly rule: string;
  /** One sentence, unless it is allowed. */
  readonly why?: string;
  /** The part of a chain that decided, unless it is allowed. */
  readonly deniedPart?: string;
}

/** What rules see of a simple command. */
export interface RuleInput {
  readonly request: CommandRequest;
  readonly command: SimpleCommand;
  readonly texts: CommandTexts;
}
