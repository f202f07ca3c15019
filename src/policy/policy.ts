/** A policy that was read and found good; `readPolicy.ts` makes it. */

export const outcomes = ["allow", "ask", "deny"] as const;
/** What becomes of a command; `ask` is up to the person. */
export type Outcome = (typeof outcomes)[number];

interface PolicyBase {
  /** Where no rule matches. */
  readonly defaultOutcome: Outcome;
  readonly limits: LimitSettings;
  readonly overrides: Overrides;
  readonly network: NetworkRules;
  /** Sentences about keys that are accepted and change nothing. */
  readonly warnings: readonly string[];
}

/** First generation: globs over the text of a command, the last matching rule wins. */
export interface GlobPolicy extends PolicyBase {
  readonly version: 1;
  readonly rules: readonly GlobRule[];
}

/** Second generation: programs and their arguments, the first matching rule wins. */
export interface ProgramPolicy extends PolicyBase {
  readonly version: 2;
  readonly rules: readonly ProgramRule[];
}

export type Policy = GlobPolicy | ProgramPolicy;

/** Which hosts a rule is for; an empty list is every host. */
export interface RuleScope {
  readonly action: Outcome;
  readonly aliases: readonly string[];
  readonly tags: readonly string[];
}

export interface GlobRule extends RuleScope {
  readonly commands: readonly string[];
}

export interface ProgramRule extends RuleScope {
  readonly simple_binaries?: readonly string[] | undefined;
  readonly simple_max_args?: number | undefined;
  readonly binary?: string | undefined;
  readonly arg_prefix?: readonly string[] | undefined;
  readonly path_args?: PathArgs | undefined;
  readonly allow_extra_args?: boolean | undefined;
}

/** Arguments that must each match one of the patterns; index 0 is the program. */
export interface PathArgs {
  readonly indices: readonly number[];
  readonly patterns: readonly string[];
}

/** Limits as one place of a policy names them. */
export interface LimitSettings {
  readonly max_seconds?: number | undefined;
  readonly max_output_bytes?: number | undefined;
  readonly task_result_ttl?: number | undefined;
  readonly task_progress_interval?: number | undefined;
  readonly deny_substrings?: readonly string[] | undefined;
}

/** Maps, so that a host called `constructor` finds nothing that isn't its own. */
export interface Overrides {
  readonly aliases: ReadonlyMap<string, LimitSettings>;
  readonly tags: ReadonlyMap<string, LimitSettings>;
}

export interface NetworkRules {
  readonly allow_ips: readonly string[];
  readonly allow_cidrs: readonly string[];
  readonly block_ips: readonly string[];
  readonly block_cidrs: readonly string[];
}
