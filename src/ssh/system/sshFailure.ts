import { readFile } from "node:fs/promises";
import type { SshHostConfig } from "../hostConfig";
import { fingerprint, knownHostsName } from "../knownHosts";
import {
  connectFailed,
  connectionDropped,
  hostKeyChanged,
  hostKeyRevoked,
  hostKeyUnknown,
  hostSilent,
  jumpFailed,
  noCommonAlgorithm,
  proxyCommandFailed,
  signInFailed,
} from "../sshErrors";
import type { TaskError } from "../../tasks/taskError";
import { visible } from "../../tasks/visibleText";

/** What ssh says of a connection that did not come about, and which error of ours that is; the first that fits counts. */
const failures: readonly (readonly [pattern: RegExp, error: (seen: Seen) => TaskError])[] = [
  [/^Could not resolve hostname|: Could not resolve hostname/m, system("ENOTFOUND")],
  [
    /timed out during banner exchange/,
    ({ host, seconds }) => hostSilent(host.alias, "say that it speaks SSH", seconds),
  ],
  [/: Connection refused$/m, system("ECONNREFUSED")],
  [/: (?:Connection|Operation) timed out$/m, system("ETIMEDOUT")],
  [/: (?:No route to host|Network is unreachable)$/m, system("EHOSTUNREACH")],
  [/no matching .* found\. Their offer: /, ({ target, last }) => noCommonAlgorithm(target, last)],
  [
    /^kex_exchange_identification: |^banner exchange: /m,
    ({ target, last }) => connectionDropped(target, new Error(last)),
  ],
  [/: Permission denied \(([^)]*)\)|Too many authentication failures/, signInRefused],
];

interface Seen {
  readonly host: SshHostConfig;
  readonly target: string;
  /** That the connection may have taken. */
  readonly seconds: number;
  readonly text: string;
  /** The last line. */
  readonly last: string;
}

/** Says why ssh did not sign in, from all that it wrote on its standard error. `seconds` is what the connection may have taken. Never rejects. */
export async function sshFailure(
  host: SshHostConfig,
  { text, seconds }: { readonly text: string; readonly seconds: number },
  distrusted:
    { readonly name: string; readonly type: string; readonly fingerprint: string } | undefined,
): Promise<TaskError> {
  const target = `${host.user}@${host.hostName}:${host.port}`;
  if (distrusted) return hostKeyUnknown(host.alias, distrusted);
  if (/Host key verification failed/.test(text)) return hostKeyRefused(host, text);
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  const last = visible(lines.at(-1) ?? "ssh has ended").slice(0, 200);
  if (/^Connection closed by UNKNOWN port /.test(last)) {
    // What leads there has said why on the same standard error.
    const why = lines.find(
      (line) => !/^(?:kex_exchange_identification|Connection closed)/.test(line),
    );
    if (host.proxyCommand !== undefined) return proxyCommandFailed(host.alias, why ?? last);
    if (host.jumps) return jumpFailed(host.alias, target, why ?? last);
  }
  const seen = { host, seconds, target, text: lines.join("\n"), last };
  const [, error] = failures.find(([pattern]) => pattern.test(seen.text)) ?? [];
  return (
    error?.(seen) ?? connectFailed(target, Object.assign(new Error(last), { level: "handshake" }))
  );
}

async function hostKeyRefused(host: SshHostConfig, text: string): Promise<TaskError> {
  const { alias } = host;
  const [, type = "", sent = ""] =
    /fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/]+)/.exec(
      text,
    ) ?? [];
  const [, file, line] = /^Offending (?:\S+ )*key in (.+):(\d+)\r?$/m.exec(text) ?? [];
  const [, unknownType = "", unknown = ""] =
    /^No (\S+) host key is known for (\S+) and you have requested strict checking/m.exec(text) ??
    [];
  const [, revoked] = /^The (\S+) host key for (\S+) is marked as revoked/m.exec(text) ?? [];
  const name = unknown === "" ? knownHostsName(host.hostName, host.port) : unknown;
  const offered = { name, type: type || unknownType, fingerprint: sent };
  if (/REVOKED HOST KEY DETECTED|marked as revoked/.test(text)) {
    return hostKeyRevoked(alias, { ...offered, fingerprint: revoked ?? "" }, "a known_hosts file");
  }
  if (file === undefined || line === undefined) return hostKeyUnknown(alias, offered);
  const known = { fingerprint: await fingerprintIn(file, Number(line)), where: `${file}:${line}` };
  return hostKeyChanged(alias, offered, known);
}

/** Of the key in a line of a known_hosts file. */
async function fingerprintIn(file: string, line: number): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  const key = /\s(AAAA[A-Za-z0-9+/=]+)/.exec(text.split("\n")[line - 1] ?? "")?.[1];
  return key === undefined ? "another key" : fingerprint(Buffer.from(key, "base64"));
}

function signInRefused({ target, text }: Seen): TaskError {
  const [, methods = ""] = /: Permission denied \(([^)]*)\)/.exec(text) ?? [];
  return signInFailed(
    target,
    `what ssh offered (it takes ${methods.replace(/,/g, ", ") || "no more attempts"})`,
  );
}

function system(code: string): (seen: Seen) => TaskError {
  return ({ target, last }) => connectFailed(target, Object.assign(new Error(last), { code }));
}
