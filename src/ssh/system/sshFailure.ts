import { readFile } from "node:fs/promises";
import type { SshHostConfig } from "../hostConfig";
import { dropping } from "../greeting";
import { fingerprint, knownHostsName } from "../knownHosts";
import {
  checkWay,
  connectFailed,
  connectionDropped,
  hostKeyChanged,
  hostKeyRevoked,
  hostKeyUnknown,
  hostSilent,
  jumpFailed,
  noCommonAlgorithm,
  notSsh,
  proxyCommandFailed,
} from "../sshErrors";
import { signInCut, signInFailed } from "../signInErrors";
import { SshWords, type SignInFacts } from "./sshWords";
import type { TaskError } from "../../tasks/taskError";
import { visible } from "../../tasks/visibleText";

/** What ssh says of a connection that did not come about, and which error of ours that is; the first that fits counts. */
const failures: readonly (readonly [pattern: RegExp, error: (seen: Seen) => TaskError])[] = [
  [/^Could not resolve hostname|: Could not resolve hostname/m, system("ENOTFOUND")],
  [
    /timed out during banner exchange/,
    ({ host, seconds }) => hostSilent(host.alias, "say that it speaks SSH", seconds, checkWay),
  ],
  [/: Connection refused$/m, system("ECONNREFUSED")],
  [
    /: (?:Connection|Operation) timed out$/m,
    ({ target, seconds }) => hostSilent(target, "accept the connection", seconds, checkWay),
  ],
  [/: (?:No route to host|Network is unreachable)$/m, system("EHOSTUNREACH")],
  [/no matching .* found\. Their offer: /, ({ target, last }) => noCommonAlgorithm(target, last)],
  [
    /^kex_exchange_identification: |^banner exchange: /m,
    ({ target, last }) => connectionDropped(target, new Error(last)),
  ],
  [
    /: Permission denied \(([^)]*)\)|Too many authentication failures/,
    ({ target, words, facts }) => signInFailed(target, words.refusal(facts)),
  ],
  [
    /^(?:ssh_dispatch_run_fatal: )?(?:Connection (?:closed|reset|to) |Received disconnect )/m,
    letGo,
  ],
];

interface Seen {
  readonly host: SshHostConfig;
  readonly target: string;
  /** That the connection may have taken. */
  readonly seconds: number;
  readonly words: SshWords;
  readonly facts: SignInFacts;
  /** The last line. */
  readonly last: string;
}

export interface SeenOfSsh {
  /** All that it wrote on its standard error. */
  readonly text: string;
  readonly seconds: number;
  readonly facts: SignInFacts;
}

/** Says why ssh did not sign in. `seconds` is what the connection may have taken. Never rejects. */
export async function sshFailure(
  host: SshHostConfig,
  { text, seconds, facts }: SeenOfSsh,
  distrusted:
    { readonly name: string; readonly type: string; readonly fingerprint: string } | undefined,
): Promise<TaskError> {
  const target = `${host.user}@${host.hostName}:${host.port}`;
  if (distrusted) return hostKeyUnknown(host.alias, distrusted);
  if (/Host key verification failed/.test(text)) return hostKeyRefused(host, text);
  const words = new SshWords(text);
  const lines = words.said;
  const last = visible(lines.at(-1) ?? "ssh has ended").slice(0, 200);
  if (/^Connection closed by UNKNOWN port /.test(last)) {
    // What leads there has said why on the same standard error.
    const why = lines.find(
      (line) => !/^(?:kex_exchange_identification|Connection closed)/.test(line),
    );
    if (host.proxyCommand !== undefined) return proxyCommandFailed(host.alias, why ?? last);
    if (host.jumps) return jumpFailed(host.alias, target, why ?? last);
  }
  const other = words.otherProtocol;
  if (other !== undefined && !dropping.test(other)) return notSsh(target, other);
  const seen = { host, seconds, target, words, facts, last };
  const said = lines.join("\n");
  const [, error] = failures.find(([pattern]) => pattern.test(said)) ?? [];
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

/** The server has ended the conversation, or the link has. */
function letGo({ target, words, last }: Seen): TaskError {
  if (words.signsIn && !/reset|Broken pipe|timed out/i.test(last))
    return signInCut(target, words.banner);
  return connectFailed(
    target,
    new Error(/^Connection closed /.test(last) ? "Connection closed" : last),
  );
}

function system(code: string): (seen: Seen) => TaskError {
  return ({ target, last }) => connectFailed(target, Object.assign(new Error(last), { code }));
}
