import { decideCommand, type Decision } from "../../src/policy/decideCommand";
import { readPolicyValue } from "../../src/policy/readPolicy";

/** The decision about a command on a host called `web1`, unless another is named. */
export function decide(
  policy: object,
  command: string,
  host: { alias?: string; tags?: readonly string[] } = {},
): Decision {
  const { alias = "web1", tags = [] } = host;
  return decideCommand(readPolicyValue(policy, "policy"), { alias, tags, command });
}

/** A policy of the first generation; each rule is `allow GLOB`, `ask GLOB` or `deny GLOB`. */
export function globPolicy(...rules: readonly string[]): object {
  return {
    limits: { deny_substrings: [] },
    rules: rules.map((rule) => {
      const [action = "", ...glob] = rule.split(" ");
      return { action, commands: [glob.join(" ")] };
    }),
  };
}

/** A policy of the second generation. */
export function programPolicy(...rules: readonly object[]): object {
  return { version: 2, limits: { deny_substrings: [] }, rules };
}
