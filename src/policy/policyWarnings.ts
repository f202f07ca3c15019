import type { GlobPolicyFile, ProgramPolicyFile } from "./policySchema";

type PolicyFile = GlobPolicyFile | ProgramPolicyFile;
type LimitsInFile = PolicyFile["limits"];

/** Gives a sentence for each key that is accepted and changes nothing, or not what its writer may think. */
export function warningsOf(file: PolicyFile): string[] {
  const { aliases, tags } = file.overrides;
  return [
    ...(file.known_hosts_path === undefined
      ? []
      : [
          "known_hosts_path is ignored: host keys are checked against the known_hosts files of ssh.",
        ]),
    ...limitWarnings("limits", file.limits),
    ...keyWarnings("network", file.network.require_known_host, undefined),
    ...Object.entries(tags).flatMap(([tag, limits]) =>
      limitWarnings(`overrides.tags.${tag}`, limits),
    ),
    ...Object.entries(aliases).flatMap(([alias, limits]) =>
      limitWarnings(`overrides.aliases.${alias}`, limits),
    ),
    ...file.rules.flatMap(ruleWarnings),
  ];
}

function limitWarnings(path: string, limits: LimitsInFile): string[] {
  const entries = limits.deny_substrings ?? [];
  const starred = entries.find((entry) => entry.endsWith("*"));
  return [
    ...keyWarnings(path, limits.require_known_host, limits.host_key_auto_add),
    ...(entries.some((entry) => entry.trim() === "")
      ? [`${path}.deny_substrings has a blank entry, which denies nothing.`]
      : []),
    ...(starred === undefined
      ? []
      : [
          `${path}.deny_substrings are plain text: the * of ${JSON.stringify(starred)} is only a star.`,
        ]),
  ];
}

function keyWarnings(path: string, requireKnown?: boolean, autoAdd?: boolean): string[] {
  return [
    ...(requireKnown === false
      ? [`${path}.require_known_host: false is ignored: host keys are always checked.`]
      : []),
    ...(autoAdd === true
      ? [`${path}.host_key_auto_add: true is ignored: a new host key is for the person to accept.`]
      : []),
  ];
}

function ruleWarnings(rule: PolicyFile["rules"][number], index: number): string[] {
  const never = "commands" in rule && rule.commands.length === 0;
  return never ? [`rules[${index}] names no commands, so it never matches.`] : [];
}
