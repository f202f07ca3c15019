import { readFile } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { dirname, join, resolve as resolvePath } from "node:path";
import SSHConfig, { LineType } from "ssh-config";
import { glob } from "tinyglobby";
import type { SshHostConfig } from "./hostConfig";
import { matchesPatterns } from "./patterns";

/** ssh_config(5): what OpenSSH tries without IdentityFile, less the kinds that ssh2 can't use. */
const defaultIdentityFiles = ["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"];
const defaultUserKnownHosts = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"];
const defaultGlobalKnownHosts = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];
/** OpenSSH's own limit (readconf.c, READCONF_MAX_DEPTH). */
const maxIncludeDepth = 16;
/** Jump hosts that are reached through others, as their own configs say. */
const maxJumpDepth = 8;

/** One line that says something of the hosts that match every one of its sections. */
interface Directive {
  /** Of each `Host` section it lies in, its patterns: an Include inside a section makes several. */
  readonly sections: readonly (readonly string[])[];
  /** In lower case. */
  readonly keyword: string;
  readonly words: readonly string[];
}

export class SshConfigFile {
  private constructor(private readonly directives: readonly Directive[]) {}

  /**
   * Reads the file and what it includes; a file that does not exist is an empty one, as for ssh. `Match` sections are
   * left out: evaluating them may run commands.
   */
  static async read(path: string): Promise<SshConfigFile> {
    const directives: Directive[] = [];
    await new ConfigReader(dirname(path), directives).read(path, [], 0);
    return new SshConfigFile(directives);
  }

  /** Names a user can type: those of `Host` lines that are no patterns, in file order. */
  aliases(): string[] {
    const names = this.directives.flatMap(({ keyword, words, sections }) =>
      keyword === "host" ? words.filter((name) => isWithin(sections, name)) : [],
    );
    return [...new Set(names.filter((name) => !/[*?!]/.test(name)))];
  }

  /** With the way there, through whatever hosts. @throws Error when jump hosts lead in a circle */
  resolveWay(alias: string, depth = 0): SshHostConfig {
    return { ...this.resolve(alias), ...this.proxyOf(alias, depth) };
  }

  /** All but the way there. */
  resolve(alias: string): SshHostConfig {
    const matching = this.directives.filter(({ sections }) => isWithin(sections, alias));
    const find = (name: string): (readonly string[])[] =>
      matching.filter(({ keyword }) => keyword === name.toLowerCase()).map(({ words }) => words);
    const first = (name: string): string | undefined => find(name)[0]?.[0];
    const hostName = expandTokens(first("HostName") ?? alias, { "%": "%", h: alias });
    const user = first("User") ?? userInfo().username;
    const tokens = pathTokens({ hostName, user, alias });
    const paths = (given: readonly string[] | undefined, fallback: readonly string[]): string[] => {
      const named = (given?.length ? given : fallback).filter((path) => !/^none$/i.test(path));
      return [...new Set(named)].map((path) => expandTokens(expandHome(path), tokens));
    };
    const hostKeyAlias = first("HostKeyAlias");
    const methods = first("PreferredAuthentications");
    const agent = first("IdentityAgent");
    return {
      alias,
      hostName,
      port: Number(first("Port") ?? 22),
      user,
      identityFiles: paths(find("IdentityFile").flat(), defaultIdentityFiles),
      identitiesOnly: /^yes$/i.test(first("IdentitiesOnly") ?? ""),
      userKnownHostsFiles: paths(find("UserKnownHostsFile")[0], defaultUserKnownHosts),
      globalKnownHostsFiles: paths(find("GlobalKnownHostsFile")[0], defaultGlobalKnownHosts),
      strictHostKeyChecking: /^yes$/i.test(first("StrictHostKeyChecking") ?? "") ? "yes" : "ask",
      hashKnownHosts: /^yes$/i.test(first("HashKnownHosts") ?? ""),
      ...(agent !== undefined && { identityAgent: expandTokens(expandHome(agent), tokens) }),
      ...(methods !== undefined && { preferredAuthentications: methods.split(",") }),
      ...(hostKeyAlias !== undefined && { hostKeyAlias }),
    };
  }

  /** Of ProxyJump and ProxyCommand the one that comes first counts. */
  private proxyOf(alias: string, depth: number): Pick<SshHostConfig, "jumps" | "proxyCommand"> {
    const found = this.directives.find(
      ({ keyword, sections }) =>
        /^proxy(?:jump|command)$/.test(keyword) && isWithin(sections, alias),
    );
    const text = found?.words.join(" ").trim() ?? "none";
    if (!found || /^none$/i.test(text)) return {};
    if (found.keyword === "proxycommand") return { proxyCommand: text };
    if (depth > maxJumpDepth) throw new Error("ProxyJump leads in a circle");
    const jumps = text.split(",").map((jump) => {
      const { alias: name, ...changes } = parseJump(jump);
      return { ...this.resolveWay(name, depth + 1), ...changes };
    });
    return { jumps };
  }
}

/** ssh_config(5), ProxyJump: `[user@]host[:port]`, or an ssh URI. */
function parseJump(text: string): { alias: string; user?: string; port?: number } {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text.trim()) ?? [];
  const alias = bracketed ?? plain;
  if (alias === undefined) throw new Error(`ProxyJump ${text} names no host`);
  return { alias, ...(user && { user }), ...(port && { port: Number(port) }) };
}

function isWithin(sections: Directive["sections"], name: string): boolean {
  return sections.every((patterns) => matchesPatterns(patterns, name));
}

/** Collects the lines of a config and of what it includes, in the order in which they count. */
class ConfigReader {
  constructor(
    /** ssh_config(5): relative names are taken from the folder of the user's config. */
    private readonly base: string,
    private readonly directives: Directive[],
  ) {}

  async read(path: string, sections: Directive["sections"], depth: number): Promise<void> {
    if (depth > maxIncludeDepth) {
      throw new Error(`Include leads more than ${maxIncludeDepth} files deep, to ${path}`);
    }
    await this.collect(SSHConfig.parse(await readText(path)), sections, depth);
  }

  private async collect(
    lines: SSHConfig,
    sections: Directive["sections"],
    depth: number,
  ): Promise<void> {
    for (const line of lines) {
      if (line.type !== LineType.DIRECTIVE) continue;
      const [keyword, words] = [line.param.toLowerCase(), wordsOf(line.value)];
      if (keyword === "include") {
        for (const file of await this.includedFiles(words)) {
          await this.read(file, sections, depth + 1);
        }
      } else if (keyword !== "match") {
        this.directives.push({ sections, keyword, words });
        if ("config" in line) await this.collect(line.config, [...sections, words], depth);
      }
    }
  }

  /** Wildcards give their files in the order of names. */
  private async includedFiles(names: readonly string[]): Promise<string[]> {
    const found = names.map(async (name) => {
      const path = resolvePath(this.base, expandHome(name));
      if (!/[*?[]/.test(path)) return [path];
      return (await glob(path, { absolute: true, dot: false })).sort();
    });
    return (await Promise.all(found)).flat();
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

function wordsOf(value: string | readonly { readonly val: string }[]): string[] {
  return typeof value === "string" ? [value] : value.map((word) => word.val);
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** The tokens of ssh_config(5), section TOKENS, that IdentityFile and UserKnownHostsFile take most. */
function pathTokens(host: {
  readonly hostName: string;
  readonly user: string;
  readonly alias: string;
}): Record<string, string> {
  return {
    "%": "%",
    d: homedir(),
    h: host.hostName,
    n: host.alias,
    r: host.user,
    u: userInfo().username,
  };
}

/** Leaves a token that it does not know as it is. */
function expandTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replace(/%([%a-zA-Z])/g, (token, name: string) => tokens[name] ?? token);
}
