import type { Decision, RuleInput } from "./decision";
import { matchGlob, type Match } from "./glob";
import type { GlobPolicy, GlobRule } from "./policy";
import { isForHost, walkRules } from "./ruleWalk";

/** Decides one simple command by the rules of the first generation: the last that matches wins. */
export function decideByGlobs(policy: GlobPolicy, input: RuleInput): Decision {
  const candidates = policy.rules
    .map((rule, index) => ({ rule, index }))
    .filter(({ rule }) => isForHost(rule, input.request))
    .reverse()
    .map(({ rule, index }) => ({
      index,
      action: rule.action,
      match: () => matchRule(rule, input),
    }));
  return walkRules(candidates, policy);
}

/** Surely where one of its globs matches the command both as written and with quoting removed; one of them is a maybe. */
function matchRule({ commands }: GlobRule, { texts }: RuleInput): Match {
  const matchText = (text: string): Match => {
    const matches = commands.map((glob) => matchGlob(glob, text));
    if (matches.includes("yes")) return "yes";
    return matches.includes("maybe") ? "maybe" : "no";
  };
  if (matchText(texts.raw) === "yes" && matchText(texts.plain) === "yes") return "yes";
  return texts.all.some((text) => matchText(text) !== "no") ? "maybe" : "no";
}
