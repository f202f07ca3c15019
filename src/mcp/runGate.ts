import type { HostInfo } from "../tasks/remoteHost";

/** What an agent wants to run. */
export interface RunRequest {
  readonly host: HostInfo;
  readonly command: string;
  /** Who asks. */
  readonly client: `agent:${string}`;
  /** Aborted when it asks no more. */
  readonly takenBack: AbortSignal;
}

/** Why a command does not run, in the fields that clients know. */
export interface Denial {
  readonly reason: "policy" | "network" | "consent";
  readonly detail?: string;
  readonly hint: string;
}

/** What would become of a command, in the fields that clients know. */
export interface Plan {
  readonly allowed: boolean;
  /** Whether the person would be asked first. */
  readonly asks: boolean;
  readonly limits: object;
  readonly why?: string;
  readonly denied_command?: string;
  readonly hint?: string;
}

/** Whether agents may start a command; the composition root decides who says so. */
export interface RunGate {
  /** Resolves when it may run, or with why not; perhaps only once the person has been asked. Never rejects. */
  admit(request: RunRequest): Promise<Denial | undefined>;
  plan(host: HostInfo, command: string): Plan;
  /** What is allowed on a host, as `limits`, `policy_probes` and `network`. */
  capabilities(host: HostInfo): object;
  /** Reads anew what it decides by. Rejects with a TaskError that says why that can't be used. */
  reload(): Promise<void>;
}

/** The limits and rules of a place that has none of its own. */
const noPolicy = {
  limits: {
    max_seconds: 0,
    max_output_bytes: 1024 * 1024,
    require_known_host: true,
    host_key_auto_add: false,
    task_result_ttl: 7 * 24 * 60 * 60,
    task_progress_interval: 5,
    deny_patterns_enabled: false,
  },
  network: { require_known_host: true, allowlist_enabled: false, blocklist_enabled: false },
};

/** Lets everything run, or with a hint nothing. */
export function fixedGate(hint?: string): RunGate {
  const allowed = hint === undefined;
  const { max_seconds, max_output_bytes, host_key_auto_add, require_known_host } = noPolicy.limits;
  const limits = { max_seconds, max_output_bytes, host_key_auto_add, require_known_host };
  return {
    admit: () => Promise.resolve(allowed ? undefined : { reason: "policy", hint }),
    plan: () => ({ allowed, asks: false, limits, ...(hint !== undefined && { hint }) }),
    capabilities: ({ tags }) => ({ ...noPolicy, policy_probes: probesOf(tags, () => allowed) }),
    reload: () => Promise.resolve(),
  };
}

/** For a place where something else asks the person, as VS Code does before a tool runs. */
export const openGate: RunGate = fixedGate();

/** Whether a few harmless commands would be allowed. */
export function probesOf(tags: readonly string[], allows: (command: string) => boolean): object[] {
  const probes = [
    { probe: "basic_diagnostics", command: "uptime" },
    { probe: "filesystem_overview", command: "df -h" },
    ...(tags.includes("docker") ? [{ probe: "docker_status", command: "docker ps" }] : []),
  ];
  return probes.map((probe) => ({ ...probe, allowed: allows(probe.command) }));
}
