import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { matchesPatterns } from "./patterns";

/** One line of a known_hosts file (sshd(8), section SSH_KNOWN_HOSTS FILE FORMAT). */
interface KnownHostsLine {
  readonly revoked: boolean;
  /** Its key signs those of hosts. */
  readonly authority: boolean;
  readonly hosts: string;
  readonly keyType: string;
  readonly key: Buffer;
  /** `file:line`, for messages. */
  readonly where: string;
}

export type HostKeyVerdict =
  | { readonly kind: "known"; readonly where: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed"; readonly fingerprint: string; readonly where: string }
  | { readonly kind: "revoked"; readonly where: string };

/** The keys that known_hosts files give for hosts. */
export class KnownHosts {
  private readonly lines: KnownHostsLine[] = [];
  private readonly authorities: KnownHostsLine[] = [];

  /** Adds a file's lines; what is no known_hosts line counts for nothing, and neither do `@cert-authority` lines for a key, as ssh2 can't use them. */
  add(text: string, file: string): void {
    text.split(/\r?\n/).forEach((line, index) => {
      const parsed = parseLine(line, `${file}:${index + 1}`);
      if (parsed) (parsed.authority ? this.authorities : this.lines).push(parsed);
    });
  }

  /** Whether a `@cert-authority` line is there for a host. */
  hasAuthority(name: string): boolean {
    return this.authorities.some(({ hosts }) => matchesHosts(hosts, name));
  }

  /** Judges a key that a host offers. `name` is as in the files: `host`, or `[host]:port` where the port is not 22. */
  check(name: string, key: Buffer): HostKeyVerdict {
    const lines = this.lines.filter((line) => matchesHosts(line.hosts, name));
    const revoked = lines.find((line) => line.revoked && line.key.equals(key));
    if (revoked) return { kind: "revoked", where: revoked.where };
    const trusted = lines.filter((line) => !line.revoked);
    const same = trusted.find((line) => line.key.equals(key));
    if (same) return { kind: "known", where: same.where };
    const other = trusted.find((line) => line.keyType === keyType(key));
    if (!other) return { kind: "unknown" };
    return { kind: "changed", fingerprint: fingerprint(other.key), where: other.where };
  }

  /** The key types known for a host: asking for these first avoids false alarms on hosts with several keys. */
  keyTypes(name: string): string[] {
    const known = this.lines.filter((line) => !line.revoked && matchesHosts(line.hosts, name));
    return [...new Set(known.map((line) => line.keyType))];
  }
}

/** The name under which known_hosts files list a host. */
export function knownHostsName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** As `ssh-keygen -l` prints it: `SHA256:` and unpadded base64. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The algorithm name a key begins with (RFC 4253, section 6.6); "" when there is none. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return "";
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1");
}

function parseLine(line: string, where: string): KnownHostsLine | undefined {
  const fields = line.trim().split(/\s+/);
  const marker = fields[0]?.startsWith("@") ? fields.shift() : undefined;
  const [hosts, type, base64] = fields;
  if (hosts === undefined || type === undefined || base64 === undefined) return undefined;
  const markers = [undefined, "@revoked", "@cert-authority"];
  if (hosts.startsWith("#") || !markers.includes(marker)) return undefined;
  const key = Buffer.from(base64, "base64");
  if (keyType(key) !== type) return undefined;
  const kind = { revoked: marker === "@revoked", authority: marker === "@cert-authority" };
  return { ...kind, hosts, keyType: type, key, where };
}

function matchesHosts(hosts: string, name: string): boolean {
  if (hosts.startsWith("|")) return matchesHash(hosts, name);
  return matchesPatterns(hosts.toLowerCase().split(","), name);
}

/** `|1|salt|hash`, the hash being the HMAC-SHA1 of the name with the salt as its key. */
function matchesHash(hosts: string, name: string): boolean {
  const [, version, salt, hash] = hosts.split("|");
  if (version !== "1" || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, "base64");
  const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
