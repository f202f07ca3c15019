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

const path =
  /(?<![\w.~/@:-])(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@+~-]+(?: [\w.@+~-]+)*(?=[/\\]))*[/\\][\w.@+~-]*[\w@+~-]/g;
const userAtHost = /(?<![\w.-])[\w.-]+@(?:\[[\w.:%-]+\]|[\w-]+(?:\.[\w-]+)*)(?::\d{1,5})?/g;
const secret = /\b(pass(?:word|wd|phrase)?|secret|token|api[_-]?key)(=|"\s*:\s*)("[^"]*"|\S+)/gi;
const file = /(?<![\w.-])[\w-][\w.-]*\.(?:ya?ml|json|key|pem|txt|log|conf|cfg)\b/g;
const address =
  /(?<![\w.:-])\[?[0-9A-Fa-f:.]*[.:][0-9A-Fa-f:.]*[0-9A-Fa-f](?:%\w+)?\]?(?::\d{1,5})?/g;
const hostName =
  /(?<![\w.@-])(?:[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(?![\w-])(?::\d{1,5})?/g;

/**
 * A failure's sentence as clients get it: without the user's paths, file names, accounts, addresses, host names and secrets,
 * which `[path]`, `[file]`, `[user@host]`, `[ip]`, `[hostname]` and `[redacted]` stand for. Our own words stay as they are,
 * and so do the `keep`, which the client knows: aliases. The log has the whole sentence.
 */
export function sanitizeError(text: string, keep: readonly string[] = []): string {
  const kept = new Set(keep);
  return text
    .replace(secret, (_, word: string, is: string) => `${word}${is}[redacted]`)
    .replace(path, (found) =>
      publicPaths.has(found) || kept.has(found) ? found : placeholderOf(found),
    )
    .replace(userAtHost, (found) => (kept.has(found) ? found : "[user@host]"))
    .replace(file, (found) => (kept.has(found) ? found : "[file]"))
    .replace(address, (found) => (isAddress(found) && !kept.has(found) ? "[ip]" : found))
    .replace(hostName, (found) => {
      const [first = ""] = found.split(".", 1);
      return kept.has(found) || ownNames.has(first) ? found : "[hostname]";
    });
}

function placeholderOf(found: string): string {
  return /\.(?:ya?ml|json|key|pem|txt|log|conf|cfg)$/.test(found) ? "[file]" : "[path]";
}

/** With or without brackets, port and zone. */
function isAddress(found: string): boolean {
  const bare = found.replace(/^\[([^\]]*)\](?::\d+)?$/, "$1").replace(/%\w+$/, "");
  return isIPv4(bare.replace(/:\d+$/, "")) || isIPv6(bare);
}
