import { isInRange, readAddress, readRange, type IpRange } from "./ipRanges";
import type { NetworkRules, Policy } from "./policy";

/**
 * Says as a sentence why no connection to this address may be used; undefined when one may. What is blocked stays so
 * whatever is allowed; with anything allowed, all else is denied. What is no address is denied.
 */
export function whyAddressDenied(policy: Policy, address: string): string | undefined {
  if (!hasNetworkRules(policy)) return undefined;
  // A zone says through which interface, not to whom.
  const known = readAddress(address.replace(/%.*$/s, ""));
  if (known === undefined) return `${JSON.stringify(address)} is no IP address.`;
  const { network } = policy;
  const isIn = (ranges: readonly IpRange[]): boolean =>
    ranges.some((range) => isInRange(known, range));
  if (isIn(blockedRanges(network))) return `The policy blocks ${address}.`;
  const allowed = allowedRanges(network);
  return allowed.length === 0 || isIn(allowed)
    ? undefined
    : `${address} is not among the addresses that the policy allows.`;
}

/** Whether the policy says anything about addresses. */
export function hasNetworkRules({ network }: Policy): boolean {
  return blockedRanges(network).length + allowedRanges(network).length > 0;
}

function blockedRanges({ block_ips, block_cidrs }: NetworkRules): IpRange[] {
  return rangesOf([...block_ips, ...block_cidrs]);
}

function allowedRanges({ allow_ips, allow_cidrs }: NetworkRules): IpRange[] {
  return rangesOf([...allow_ips, ...allow_cidrs]);
}

/** Every entry is good: the schema has seen to that. */
function rangesOf(entries: readonly string[]): IpRange[] {
  return entries.map(readRange).filter((range) => range !== undefined);
}
