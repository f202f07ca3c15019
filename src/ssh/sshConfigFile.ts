import { readFile } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import SSHConfig, { LineType } from "ssh-config";
import { glob } from "tinyglobby";

/** How to reach one host, as its ssh config says. */
export interface SshHostConfig {
  readonly alias: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Absolute paths, in the order to try; they may not exist. */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  /** The name to look up in known_hosts instead of the host name. */
  readonly hostKeyAlias?: string;
}

/** ssh_config(5): what OpenSSH tries without IdentityFile, less the kinds that ssh2 can't use. */
const defaultIdentityFiles = ["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"];
const defaultUserKnownHosts = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"];
const defaultGlobalKnownHosts = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];
/** OpenSSH's own limit (readconf.c, READCONF_MAX_DEPTH). */
const maxIncludeDepth = 16;

export class SshConfigFile {
  private constructor(private readonly config: SSHConfig) {}

  /**
   * Reads the file and what it includes; a file that does not exist is an empty one, as for ssh. `Match` sections are
   * left out: evaluating them may run commands.
   */
  static async read(path: string): Promise<SshConfigFile> {
    const config = SSHConfig.parse(await readWithIncludes(path, dirname(path), 0));
    const withoutMatch = new SSHConfig();
    withoutMatch.push(
      ...config.filter((line) => line.type !== LineType.DIRECTIVE || !/^match$/i.test(line.param)),
    );
    return new SshConfigFile(withoutMatch);
  }

  /** Names a user can type: those of `Host` lines that are no patterns, in file order. */
  aliases(): string[] {
    const names = this.config.flatMap((line) =>
      line.type === LineType.DIRECTIVE && /^host$/i.test(line.param) ? words(line.value) : [],
    );
    return [...new Set(names.filter((name) => !/[*?!]/.test(name)))];
  }

  resolve(alias: string): SshHostConfig {
    const options = this.config.compute(alias, { ignoreCase: true });
    const find = (name: string): string[] =>
      Object.entries(options).flatMap(([key, value]) =>
        key.toLowerCase() === name.toLowerCase() ? value : [],
      );
    const first = (name: string): string | undefined => find(name)[0];
    const hostName = (first("HostName") ?? alias).replace(/%h/g, alias).replace(/%%/g, "%");
    const user = first("User") ?? userInfo().username;
    const paths = (name: string, fallback: readonly string[], split: boolean): string[] => {
      const given = split ? find(name).flatMap((value) => value.split(/\s+/)) : find(name);
      return (given.length > 0 ? given : fallback)
        .filter((path) => path.toLowerCase() !== "none")
        .map((path) => expandPath(path, { hostName, user, alias }));
    };
    const hostKeyAlias = first("HostKeyAlias");
    return {
      alias,
      hostName,
      port: Number(first("Port") ?? 22),
      user,
      identityFiles: paths("IdentityFile", defaultIdentityFiles, false),
      identitiesOnly: /^yes$/i.test(first("IdentitiesOnly") ?? ""),
      userKnownHostsFiles: paths("UserKnownHostsFile", defaultUserKnownHosts, true),
      globalKnownHostsFiles: paths("GlobalKnownHostsFile", defaultGlobalKnownHosts, true),
      ...(hostKeyAlias !== undefined && { hostKeyAlias }),
    };
  }
}

/** The file's text with every Include replaced by the files it names; after one inside a section the section goes on. */
async function readWithIncludes(path: string, base: string, depth: number): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
  let section = "";
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(host|match)[\s=]/i.test(line)) section = line;
    const include = /^\s*include[\s=]+(.*)$/i.exec(line)?.[1];
    if (include === undefined) {
      lines.push(line);
    } else if (depth < maxIncludeDepth) {
      for (const file of await includedFiles(include, base)) {
        lines.push(await readWithIncludes(file, base, depth + 1));
      }
      if (section) lines.push(section);
    }
  }
  return lines.join("\n");
}

/** ssh_config(5): relative names are taken from the folder of the user's config, wildcards in the order of names. */
async function includedFiles(include: string, base: string): Promise<string[]> {
  const found: string[] = [];
  for (const [, quoted, plain] of include.matchAll(/"([^"]*)"|(\S+)/g)) {
    const named = expandHome(quoted ?? plain ?? "");
    const path = isAbsolute(named) ? named : join(base, named);
    if (!/[*?[]/.test(path)) found.push(path);
    else found.push(...(await glob(path, { absolute: true, dot: false })).sort());
  }
  return found;
}

function words(value: string | readonly { readonly val: string }[]): string[] {
  return typeof value === "string" ? [value] : value.map((word) => word.val);
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** The tokens of ssh_config(5), section TOKENS, that IdentityFile and UserKnownHostsFile take most. */
function expandPath(
  path: string,
  host: { readonly hostName: string; readonly user: string; readonly alias: string },
): string {
  const tokens: Record<string, string> = {
    "%": "%",
    d: homedir(),
    h: host.hostName,
    n: host.alias,
    r: host.user,
    u: userInfo().username,
  };
  return expandHome(path).replace(/%([%dhnru])/g, (token, name: string) => tokens[name] ?? token);
}
