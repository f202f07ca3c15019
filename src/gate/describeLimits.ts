import type { Policy } from "../policy/policy";
import { limitsOf, type PolicyLimits } from "../policy/policyLimits";
import { defaultLimits } from "../tasks/limits";
import type { HostInfo } from "../tasks/remoteHost";

/** What clients expect to be told where nobody has set it: seconds between two looks at a task. */
const progressSeconds = 5;

/** The limits of a host as `ssh_plan` gives them: those in force. `max_seconds` 0 is no limit. */
export function describeLimits(limits: PolicyLimits | undefined) {
  return {
    max_seconds: limits?.maxSeconds ?? 0,
    max_output_bytes: limits?.maxOutputBytes ?? defaultLimits.maxResultBytes,
    host_key_auto_add: false,
    require_known_host: true,
  };
}

/** The capabilities of a host as clients know them. */
export async function describeCapabilities(
  policy: Policy | undefined,
  host: HostInfo,
  allows: (command: string) => Promise<boolean>,
): Promise<object> {
  const limits = policy && limitsOf(policy, host);
  const rules = policy?.network;
  return {
    limits: {
      max_seconds: limits?.maxSeconds ?? 0,
      max_output_bytes: limits?.maxOutputBytes ?? defaultLimits.maxResultBytes,
      require_known_host: true,
      host_key_auto_add: false,
      task_result_ttl: defaultLimits.keepSeconds,
      task_progress_interval: progressSeconds,
      deny_patterns_enabled: (limits?.denySubstrings.length ?? 0) > 0,
    },
    policy_probes: await probe(host.tags, allows),
    network: {
      require_known_host: true,
      allowlist_enabled: rules !== undefined && hasAny(rules.allow_ips, rules.allow_cidrs),
      blocklist_enabled: rules !== undefined && hasAny(rules.block_ips, rules.block_cidrs),
    },
  };
}

/** Whether a few harmless commands would run without anybody being asked. */
async function probe(
  tags: readonly string[],
  allows: (command: string) => Promise<boolean>,
): Promise<object[]> {
  const probes = [
    { probe: "basic_diagnostics", command: "uptime" },
    { probe: "filesystem_overview", command: "df -h" },
    ...(tags.includes("docker") ? [{ probe: "docker_status", command: "docker ps" }] : []),
  ];
  return Promise.all(probes.map(async (one) => ({ ...one, allowed: await allows(one.command) })));
}

function hasAny(...lists: readonly (readonly string[])[]): boolean {
  return lists.some((list) => list.length > 0);
}
