import { matchesPatterns } from "./patterns";

/** One criterion of a `Match` line (ssh_config(5), Match). */
export interface MatchCriterion {
  readonly negated: boolean;
  /** In lower case. */
  readonly name: string;
  /** Its patterns with commas; undefined for a criterion that has none, or whose argument is missing. */
  readonly argument?: string;
}

/** What criteria look at, as far as the config has said it. */
export interface MatchSubject {
  readonly originalHost: string;
  readonly host: string;
  readonly user: string;
  readonly localUser: string;
  /** Whether the config is gone through for the second time. */
  readonly isFinal: boolean;
}

const withoutArgument = ["all", "canonical", "final"];

/** Takes what follows `Match` apart. */
export function parseMatch(words: readonly string[]): readonly MatchCriterion[] {
  const criteria: MatchCriterion[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, mark, text = "", inline] = /^(!?)([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const negated = mark === "!";
    const name = text.toLowerCase();
    const argument = withoutArgument.includes(name) ? undefined : (inline ?? rest.shift());
    criteria.push({ negated, name, ...(argument !== undefined && { argument }) });
  }
  return criteria;
}

/**
 * Whether the section holds. It does not where that can't be known without running something or asking the network: `exec`,
 * `localnetwork`, `tagged` and whatever else there is, negated or not.
 */
export function meetsCriteria(criteria: readonly MatchCriterion[], of: MatchSubject): boolean {
  return criteria.length > 0 && criteria.every((criterion) => meets(criterion, of));
}

/** Whether the config has to be gone through again (readconf.c, want_final_pass). */
export function wantsFinalPass(criteria: readonly MatchCriterion[]): boolean {
  return criteria.some(({ name, negated }) => name === "final" && !negated);
}

function meets({ negated, name, argument }: MatchCriterion, of: MatchSubject): boolean {
  const met = judge(name, argument, of);
  return met !== undefined && met !== negated;
}

/** Undefined where it can't be known. Host names count in any case, users do not (match.c). */
function judge(name: string, argument: string | undefined, of: MatchSubject): boolean | undefined {
  if (name === "all") return true;
  if (name === "canonical" || name === "final") return of.isFinal;
  if (argument === undefined) return undefined;
  const patterns = argument.split(",");
  const lowered = argument.toLowerCase().split(",");
  switch (name) {
    case "host":
      return matchesPatterns(lowered, of.host.toLowerCase());
    case "originalhost":
      return matchesPatterns(lowered, of.originalHost.toLowerCase());
    case "user":
      return matchesPatterns(patterns, of.user);
    case "localuser":
      return matchesPatterns(patterns, of.localUser);
    default:
      return undefined;
  }
}
