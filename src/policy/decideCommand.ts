import { textsOf } from "./commandTexts";
import type { CommandRequest, Decision, RuleInput } from "./decision";
import { findAcrossParts, findInPart } from "./denySubstrings";
import { decideByGlobs } from "./globRules";
import type { Policy } from "./policy";
import { limitsOf } from "./policyLimits";
import { decideByPrograms, refusalOf } from "./programRules";
import { readShellCommand } from "./shellReader";

export type { CommandRequest, Decision } from "./decision";

/** Decides whether a command may run: as its most restricted part does, and never by what could not be read. */
export function decideCommand(policy: Policy, request: CommandRequest): Decision {
  const { denySubstrings } = limitsOf(policy, request);
  const across = findAcrossParts(denySubstrings, request.command);
  if (across !== undefined) return deniedEntry(across);
  const reading = readShellCommand(request.command);
  if (reading.kind === "unreadable") return denied("syntax", reading.why);
  const decisions = reading.commands.map((command) => {
    const decision = decidePart(policy, denySubstrings, {
      request,
      command,
      texts: textsOf(command),
    });
    const isPart = reading.commands.length > 1 && decision.outcome !== "allow";
    return isPart ? { ...decision, deniedPart: command.raw } : decision;
  });
  return decisions.reduce(stricter);
}

function decidePart(policy: Policy, denySubstrings: readonly string[], input: RuleInput): Decision {
  if (policy.version === 2) {
    const refusal = refusalOf(input.command);
    if (refusal !== undefined) return denied("syntax", refusal);
  }
  const entry = findInPart(denySubstrings, input.texts);
  if (entry !== undefined) return deniedEntry(entry);
  return policy.version === 2 ? decideByPrograms(policy, input) : decideByGlobs(policy, input);
}

function deniedEntry(entry: string): Decision {
  return denied(`deny_substrings ${JSON.stringify(entry)}`, "deny_substrings forbids it.");
}

function denied(rule: string, why: string): Decision {
  return { outcome: "deny", rule, why };
}

/** The first of the two, unless the other is stricter. */
function stricter(one: Decision, other: Decision): Decision {
  const strictness = { allow: 0, ask: 1, deny: 2 };
  return strictness[other.outcome] > strictness[one.outcome] ? other : one;
}
