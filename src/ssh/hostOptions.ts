import type { ConfigLine } from "./configLine";
import { expandPath, expandTokens, localAccount } from "./configTokens";
import type { SshHostConfig } from "./hostConfig";

/** ssh_config(5): what OpenSSH tries without IdentityFile, less the kinds that ssh2 can't use. */
const defaultIdentityFiles = ["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"];
const defaultUserKnownHosts = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"];
const defaultGlobalKnownHosts = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];

/** Everything that is said of one host, the first word on a matter first. */
export interface HostOptions {
  readonly lines: readonly ConfigLine[];
  /** The keywords whose tokens are filled in already. */
  readonly expanded: (keyword: string) => boolean;
  /** How to ask ssh for the same: see SshHostConfig. */
  readonly asked?: Pick<SshHostConfig, "configFile" | "sshOptions">;
}

/** How to reach the host, but for the way there. */
export function toHostConfig(alias: string, options: HostOptions): SshHostConfig {
  const all = (keyword: string): readonly (readonly string[])[] =>
    options.lines.flatMap((line) => (line.keyword === keyword ? [line.words] : []));
  const first = (keyword: string): string | undefined =>
    all(keyword)[0]?.find((word) => word !== "");
  const isYes = (keyword: string): boolean => /^(?:yes|true)$/i.test(first(keyword) ?? "");
  const hostName = hostNameOf(alias, options);
  const port = Number(first("port") ?? 22);
  const user = first("user") ?? localAccount().name;
  const hostKeyAlias = first("hostkeyalias")?.toLowerCase();
  const tokens = { alias, hostName, port, user, hostKeyAlias };
  const expand = (keyword: string, path: string): string =>
    options.expanded(keyword) ? path : expandPath(path, tokens);
  const paths = (keyword: string, given: readonly string[] | undefined, usual: string[] = []) =>
    [...new Set(given?.length ? given : usual)].flatMap((path) =>
      isNone(path) ? [] : [expand(keyword, path)],
    );
  const path = (keyword: string): string | undefined =>
    paths(keyword, all(keyword)[0]?.slice(0, 1))[0];
  const agent = first("identityagent");
  const methods = first("preferredauthentications");
  return {
    ...{ alias, hostName, port, user },
    identityFiles: paths("identityfile", all("identityfile").flat(), defaultIdentityFiles),
    identitiesOnly: isYes("identitiesonly"),
    userKnownHostsFiles: paths(
      "userknownhostsfile",
      all("userknownhostsfile")[0],
      defaultUserKnownHosts,
    ),
    globalKnownHostsFiles: paths(
      "globalknownhostsfile",
      all("globalknownhostsfile")[0],
      defaultGlobalKnownHosts,
    ),
    strictHostKeyChecking: isYes("stricthostkeychecking") ? "yes" : "ask",
    hashKnownHosts: isYes("hashknownhosts"),
    ...present({
      identityAgent: agent && expand("identityagent", agent),
      preferredAuthentications: methods?.split(","),
      hostKeyAlias,
      certificateFiles: nonEmpty(paths("certificatefile", all("certificatefile").flat())),
      pkcs11Provider: isNone(first("pkcs11provider")) ? undefined : first("pkcs11provider"),
      gssapiAuthentication: isYes("gssapiauthentication") || undefined,
      controlPath: path("controlpath"),
      ...options.asked,
      ...aliveOptions(first("serveraliveinterval"), first("serveralivecountmax")),
    }),
  };
}

/** The name to connect to, in lower case as OpenSSH has it (ssh.c, main). */
export function hostNameOf(alias: string, { lines, expanded }: HostOptions): string {
  const line = lines.find(({ keyword }) => keyword === "hostname");
  const given = line?.words[0] ?? alias;
  const name = expanded("hostname") ? given : expandTokens(given, { "%": "%", h: alias });
  return name.toLowerCase();
}

/** What leads to a host: its jump hosts as text, or a command; neither where the way is direct. */
export interface ProxyText {
  readonly jumps?: string;
  readonly command?: string;
}

/**
 * Of ProxyJump and ProxyCommand the one that comes first counts, also a ProxyCommand "none"; only a ProxyJump "none" leaves
 * room for a command (readconf.c, parse_jump).
 */
export function proxyTextOf({ lines }: HostOptions): ProxyText {
  const said = lines.filter(({ keyword }) => /^proxy(?:jump|command)$/.test(keyword));
  const [first] = said;
  if (first?.keyword === "proxyjump") {
    const jumps = first.rest.replace(/\s*#.*$/s, "");
    if (!isNone(jumps)) return { jumps };
  }
  const command = said.find(({ keyword }) => keyword === "proxycommand")?.rest;
  return command === undefined || isNone(command) ? {} : { command };
}

/** Both, where the server is to be asked at all; OpenSSH's own count is 3 (ssh_config(5), ServerAliveCountMax). */
function aliveOptions(interval: string | undefined, count: string | undefined) {
  const serverAliveInterval = interval === undefined ? 0 : secondsOf(interval);
  if (!(serverAliveInterval > 0)) return {};
  return { serverAliveInterval, serverAliveCountMax: Number(count ?? 3) };
}

/** sshd_config(5), section TIME FORMATS: numbers with units, added up. NaN for anything else. */
function secondsOf(text: string): number {
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) return NaN;
  const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/gi)];
  const seconds = parts.map(
    ([, number, unit = ""]) => Number(number) * (units[unit.toLowerCase()] ?? 1),
  );
  return seconds.reduce((sum, part) => sum + part, 0);
}

function isNone(text: string | undefined): boolean {
  return text === undefined || /^none$/i.test(text);
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** Without the properties that are undefined. */
function present<T extends object>(
  properties: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
