import type { Denial, RunGate } from "../../src/tasks/runGate";

const limits = {
  max_seconds: 0,
  max_output_bytes: 1024 * 1024,
  host_key_auto_add: false,
  require_known_host: true,
};

/** For tests of what stands before or behind the gate: lets everything run, or denies everything. */
export function fixedGate(denial?: Denial): RunGate {
  const allowed = denial === undefined;
  return {
    admit: () => Promise.resolve(denial),
    plan: () =>
      Promise.resolve({ allowed, asks: false, limits, ...(denial?.hint && { hint: denial.hint }) }),
    capabilities: () => Promise.resolve({ limits, policy_probes: [], network: {} }),
    maxResultBytes: () => Promise.resolve(undefined),
    reload: () => Promise.resolve(),
  };
}

export const openGate: RunGate = fixedGate();

/** For commands of the editor where no view of hosts is looked at. */
export const noHostTree = {
  hostTree: { refresh: () => undefined },
  taskTree: { groupBy: () => undefined, showMore: () => undefined },
  terminals: { show: () => undefined },
};

/** For commands of the editor that nobody asks for grants or the audit log. */
export const noGrants = {
  grants: { list: () => Promise.resolve([]), revoke: () => Promise.resolve() },
  auditFile: "/nonexistent/audit.jsonl",
  forgetSecrets: () => Promise.resolve(0),
};
