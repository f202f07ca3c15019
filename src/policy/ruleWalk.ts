import { matchesAny, type Match } from "./glob";
import type { Decision } from "./decision";
import type { Outcome, Policy, RuleScope } from "./policy";

/** A rule that is for this host, and whether it matches this command. */
export interface Candidate {
  /** Its place in the file. */
  readonly index: number;
  readonly action: Outcome;
  /** Looked at only when no rule before it has decided. */
  readonly match: () => Match;
}

/** Says whether a rule is for the host; one that names tags is not for hosts without any. */
export function isForHost(
  { aliases, tags }: RuleScope,
  host: { readonly alias: string; readonly tags: readonly string[] },
): boolean {
  if (aliases.length > 0 && !matchesAny(aliases, host.alias)) return false;
  return tags.length === 0 || host.tags.some((tag) => matchesAny(tags, tag));
}

/**
 * The decision of the first candidate that matches, else the default. One that only may match is never what allows; it
 * denies, and where it asks, whatever is stricter behind it still counts.
 */
export function walkRules(candidates: readonly Candidate[], policy: Policy): Decision {
  for (const [place, { index, action, match }] of candidates.entries()) {
    const matched = match();
    if (matched === "no" || (matched === "maybe" && action === "allow")) continue;
    if (matched === "yes" || action === "deny") return decided(action, `rules[${index}]`);
    const rest = walkRules(candidates.slice(place + 1), policy);
    return rest.outcome === "deny" ? rest : decided("ask", `rules[${index}]`);
  }
  return decided(policy.defaultOutcome, "default");
}

function decided(outcome: Outcome, rule: string): Decision {
  if (outcome === "allow") return { outcome, rule };
  const isDefault = rule === "default";
  if (outcome === "ask") {
    const why = isDefault
      ? "No rule matches it, so the person is asked."
      : "A rule wants the person to be asked.";
    return { outcome, rule, why };
  }
  return { outcome, rule, why: isDefault ? "No rule allows it." : "A rule denies it." };
}
