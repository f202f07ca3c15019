import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Addresses that share their first `prefix` bits. */
export interface IpRange {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
}

/** Reads an address; one of IPv4 mapped into IPv6 is the IPv4 one. Undefined for what is no address, or has a zone. */
export function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // ipaddr.js alone also takes 010.1 and 0x7f.1, which programs read differently.
  return isIP(text) === 0 || text.includes("%") ? undefined : ipaddr.process(text);
}

/** Reads ADDRESS/PREFIX; bits behind the prefix don't matter, and no prefix is the one address. Undefined for all else. */
export function readRange(text: string): IpRange | undefined {
  const [, base = "", bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (isIP(base) === 0 || base.includes("%")) return undefined;
  const written = ipaddr.parse(base);
  const width = written.kind() === "ipv4" ? 32 : 128;
  const prefix = bits === undefined ? width : Number(bits);
  if (prefix > width) return undefined;
  const mapped = written instanceof ipaddr.IPv6 && written.isIPv4MappedAddress() && prefix >= 96;
  return mapped
    ? { address: written.toIPv4Address(), prefix: prefix - 96 }
    : { address: written, prefix };
}

export function isInRange(address: ipaddr.IPv4 | ipaddr.IPv6, range: IpRange): boolean {
  return address.kind() === range.address.kind() && address.match(range.address, range.prefix);
}
