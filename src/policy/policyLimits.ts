import { defaultDenySubstrings } from "./denySubstrings";
import type { LimitSettings, Policy } from "./policy";

/** The limits of a policy for one host; undefined where the policy names none. */
export interface PolicyLimits {
  readonly maxSeconds?: number;
  readonly maxOutputBytes?: number;
  readonly taskResultTtl?: number;
  readonly taskProgressInterval?: number;
  readonly denySubstrings: readonly string[];
}

/** Gives the limits for a host, each from its last source: `limits`, the host's tags in its own order, its alias. */
export function limitsOf(
  { limits, overrides }: Policy,
  host: { readonly alias: string; readonly tags: readonly string[] },
): PolicyLimits {
  const sources = [
    overrides.aliases.get(host.alias),
    ...host.tags.map((tag) => overrides.tags.get(tag)).reverse(),
    limits,
  ];
  const find = <Key extends keyof LimitSettings>(key: Key): LimitSettings[Key] =>
    sources.find((source) => source?.[key] !== undefined)?.[key];
  return {
    ...named("maxSeconds", find("max_seconds")),
    ...named("maxOutputBytes", find("max_output_bytes")),
    ...named("taskResultTtl", find("task_result_ttl")),
    ...named("taskProgressInterval", find("task_progress_interval")),
    denySubstrings: find("deny_substrings") ?? defaultDenySubstrings,
  };
}

/** Left out rather than undefined, so that it can be spread over other limits. */
function named<Key extends string>(
  key: Key,
  value: number | undefined,
): Partial<Record<Key, number>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, number>);
}
