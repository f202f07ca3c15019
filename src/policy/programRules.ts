import type { Decision, RuleInput } from "./decision";
import { anything, matchesAny, type Match } from "./glob";
import type { PathArgs, ProgramPolicy, ProgramRule } from "./policy";
import { isForHost, walkRules } from "./ruleWalk";
import type { SimpleCommand } from "./shellReader";

/** Why the second generation reads no rule for this command; undefined when it does. */
export function refusalOf({ raw, assignments, words }: SimpleCommand): string | undefined {
  if (raw.includes("$(") || raw.includes("`")) {
    return "A version 2 policy allows no $( and no backtick, quoted or not. Send the command without it.";
  }
  if (assignments.length > 0) {
    return "A version 2 policy allows no NAME=value before a command. Send the command without it.";
  }
  if (words[0]?.includes("/") === true) {
    return "A version 2 policy allows no program with a path. Send its name alone.";
  }
  return undefined;
}

/** Decides one simple command by the rules of the second generation: the first that matches wins. */
export function decideByPrograms(policy: ProgramPolicy, { request, command }: RuleInput): Decision {
  const candidates = policy.rules
    .map((rule, index) => ({
      rule,
      index,
      action: rule.action,
      match: () => matchRule(rule, command.words),
    }))
    .filter(({ rule }) => isForHost(rule, request));
  return walkRules(candidates, policy);
}

function matchRule(rule: ProgramRule, words: readonly string[]): Match {
  const [program = "", ...args] = words;
  if (rule.simple_binaries !== undefined) {
    return rule.simple_binaries.includes(program) ? matchSimple(rule, args) : "no";
  }
  if (rule.binary !== program) return "no";
  return both(matchPrefix(rule, args), matchPaths(rule.path_args, words), matchCount(rule, args));
}

/** An argument that a shell could take for more than text keeps a rule from allowing, not from denying. */
function matchSimple(
  { simple_max_args: most = Infinity }: ProgramRule,
  args: readonly string[],
): Match {
  const known = args.filter((arg) => !arg.includes(anything));
  if (known.length > most) return "no";
  if (known.length < args.length) return "maybe";
  return args.some((arg) => /;|&&|\||`|\$\(/.test(arg)) ? "maybe" : "yes";
}

function matchPrefix({ arg_prefix: prefix = [] }: ProgramRule, args: readonly string[]): Match {
  for (const [index, wanted] of prefix.entries()) {
    const arg = args[index];
    if (arg?.includes(anything) === true) return "maybe";
    if (arg !== wanted) return "no";
  }
  return "yes";
}

/** An expansion may be several words, so that the places behind it are not known. */
function matchPaths(paths: PathArgs | undefined, words: readonly string[]): Match {
  if (paths === undefined) return "yes";
  const firstUnknown = words.findIndex((word) => word.includes(anything));
  const known = paths.indices.filter((index) => firstUnknown < 0 || index < firstUnknown);
  const matches = (index: number): boolean => {
    const word = words[index];
    return word !== undefined && matchesAny(paths.patterns, word);
  };
  if (!known.every(matches)) return "no";
  return known.length === paths.indices.length ? "yes" : "maybe";
}

/** Without extra arguments: those of the prefix, and those behind it that `path_args` name. */
function matchCount(rule: ProgramRule, args: readonly string[]): Match {
  if (rule.allow_extra_args !== false) return "yes";
  const prefix = rule.arg_prefix?.length ?? 0;
  const named = new Set(rule.path_args?.indices.filter((index) => index > prefix));
  const known = args.filter((arg) => !arg.includes(anything)).length;
  if (known < args.length) return known > prefix + named.size ? "no" : "maybe";
  return known === prefix + named.size ? "yes" : "no";
}

function both(...matches: readonly Match[]): Match {
  if (matches.includes("no")) return "no";
  return matches.includes("maybe") ? "maybe" : "yes";
}
