import { isIPv4, isIPv6 } from "node:net";

/** What our own sentences name, and what anybody knows of any host. */
const publicPaths = new Set([
  "/bin/sh",
  "/proc",
  "/tmp",
  "/var/tmp",
  "/dev/shm",
  "/dev/null",
  "~/.local/state",
  "~/.ssh/config",
  "~/.ssh/known_hosts",
]);
/** The first part of names of ours: settings, and keys of a policy. */
const ownNames = new Set(["sshTasks", "policy", "limits", "network", "rules", "overrides"]);

// Each takes time that grows as the text does, whatever the text: none begins again in what it has looked through.
const secret = /\b(pass(?:word|wd|phrase)?|secret|token|api[_-]?key)(=|"\s*:\s*)("[^"]*"|\S+)/gi;
const quotedPath = /(['"`])(?:file:\/\/|~[\w.-]*|\.{1,2}|[A-Za-z]:)?[/\\][^'"`\n]+\1/g;
/** With spaces only in names of folders: no other end can be told from the words behind it. */
const path =
  /(?<![\w.~/@+-])(?:file:\/\/|~[\w.-]*|\.{1,2}|[A-Za-z]:)?[/\\][\p{L}\p{M}\p{N}_.@+~=#%&$!/\\-]*(?:(?: [\p{L}\p{M}\p{N}_.@+~=#%&$!-]+){1,8}(?=[/\\])[\p{L}\p{M}\p{N}_.@+~=#%&$!/\\-]*)*/gu;
const userAtHost = /(?<![\w.+-])[\w.+-]+@(?:\[[\w.:%-]+\]|[\w-]+(?:\.[\w-]+)*)(?::\d{1,5})?/g;
const file = /(?<![\w.-])[\w-][\w.-]*\.(?:ya?ml|json|key|pem|txt|log|conf|cfg)\b/g;
const address = /(?<![\w.:-])\[?[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]?(?::\d{1,5})?/g;
/** Behind a colon too, where it is no part of an IPv6 address. */
const ipv4 = /(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-])(?::\d{1,5})?/g;
const hostName =
  /(?<![\w.@-])(?:[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(?![\w-])(?::\d{1,5})?/g;

/**
 * A failure's sentence as clients get it: without the user's paths, file names, accounts, addresses, host names and secrets,
 * which `[path]`, `[file]`, `[user@host]`, `[ip]`, `[hostname]` and `[redacted]` stand for. Our own words stay as they are,
 * and so do the `keep`, which the client knows: aliases. The log has the whole sentence.
 */
export function sanitizeError(text: string, keep: readonly string[] = []): string {
  const kept = new Set(keep);
  const ip = (found: string): string => (isAddress(found) && !kept.has(found) ? "[ip]" : found);
  return text
    .replace(secret, (_, word: string, is: string) => `${word}${is}[redacted]`)
    .replace(quotedPath, (found, quote: string) =>
      kept.has(found.slice(1, -1)) ? found : quote + pathAs(found.slice(1, -1)) + quote,
    )
    .replace(path, (found) => withoutEnd(found, (bare) => (kept.has(bare) ? bare : pathAs(bare))))
    .replace(userAtHost, (found) =>
      kept.has(found) || found === "user@host" ? found : "[user@host]",
    )
    .replace(file, (found) => (kept.has(found) ? found : "[file]"))
    .replace(address, (found) => {
      const [whole = ""] = [found, found.slice(0, -1)].filter(isAddress);
      return whole ? ip(whole) + found.slice(whole.length) : withoutEnd(found, ip);
    })
    .replace(ipv4, ip)
    .replace(hostName, (found) => {
      const [first = ""] = found.split(".", 1);
      return kept.has(found) || ownNames.has(first) ? found : "[hostname]";
    });
}

/** What ends a sentence is no part of what it names. */
function withoutEnd(found: string, change: (bare: string) => string): string {
  let end = found.length;
  while (end > 0 && ".:!".includes(found.charAt(end - 1))) end--;
  return change(found.slice(0, end)) + found.slice(end);
}

function pathAs(found: string): string {
  if (publicPaths.has(found) || !/[^/\\.~!]/.test(found)) return found;
  return /\.(?:ya?ml|json|key|pem|txt|log|conf|cfg)$/.test(found) ? "[file]" : "[path]";
}

/** With or without brackets, port and zone. */
function isAddress(found: string): boolean {
  const bare = found.replace(/^\[([^\]]*)\](?::\d+)?$/, "$1").replace(/%[\w.-]+$/, "");
  return isIPv4(bare.replace(/:\d+$/, "")) || isIPv6(bare);
}
