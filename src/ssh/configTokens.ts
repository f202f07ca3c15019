import { homedir, hostname, userInfo } from "node:os";
import { join } from "node:path";

export interface LocalAccount {
  readonly name: string;
  readonly home: string;
}

let account: LocalAccount | undefined;

/** Who we are to OpenSSH, which goes by the account whatever HOME and USER say (ssh.c, getpwuid). */
export function localAccount(): LocalAccount {
  if (!account) {
    const { username, homedir: home } = userInfo();
    account = { name: username, home: home === "" ? homedir() : home };
  }
  return account;
}

/** `~` and `~/…`; those of other accounts are left as they are. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(localAccount().home, path.slice(1)) : path;
}

/** What the tokens of a host's paths stand for. */
export interface TokenValues {
  readonly alias: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | undefined;
}

/**
 * A path with its home directory, tokens (ssh_config(5), section TOKENS) and `${NAME}` of the environment filled in. What
 * it does not know is left as it is: `%C`, `%j`, and variables that are not set.
 */
export function expandPath(path: string, host: TokenValues): string {
  const { name, home } = localAccount();
  const local = hostname();
  const tokens = {
    "%": "%",
    d: home,
    h: host.hostName,
    i: String(process.getuid?.() ?? ""),
    k: host.hostKeyAlias ?? host.alias,
    L: local.replace(/\..*/s, ""),
    l: local,
    n: host.alias,
    p: String(host.port),
    r: host.user,
    u: name,
  };
  const variable = (text: string, key: string): string => process.env[key] ?? text;
  return expandTokens(expandHome(path), tokens, variable);
}

/** Leaves a token that it does not know as it is; in one pass, so that nothing that was filled in is looked at again. */
export function expandTokens(
  text: string,
  tokens: Readonly<Record<string, string>>,
  variable: (token: string, name: string) => string = (token) => token,
): string {
  return text.replace(/%([%a-zA-Z])|\$\{(\w+)\}/g, (token, name?: string, key?: string) =>
    key === undefined ? (tokens[name ?? ""] ?? token) : variable(token, key),
  );
}
