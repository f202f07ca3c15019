import { asError, TaskError } from "../tasks/taskError";
import { quoted, visible } from "../tasks/visibleText";

/**
 * Every failure on the way to a host as a TaskError: the first sentence is the fixed one that clients know
 * (`docs/mcp-ssh-orchestrator-compatibility.md`), what follows says what was seen and what to do next.
 */

export interface OfferedKey {
  readonly name: string;
  readonly type: string;
  /** "" where it was not told. */
  readonly fingerprint: string;
}

export function hostKeyUnknown(alias: string, offered: OfferedKey): TaskError {
  const its = offered.fingerprint === "" ? "" : ` with the fingerprint ${offered.fingerprint}`;
  return new TaskError(
    "hostKeyUnknown",
    `SSH host key not found: Add host to known_hosts. ${offered.name} offers a key of type ${offered.type}${its}. ` +
      `Run \`ssh ${alias}\` in a terminal, compare the fingerprint, and accept it there.`,
  );
}

export function hostKeyChanged(
  alias: string,
  offered: OfferedKey,
  known: { readonly fingerprint: string; readonly where: string },
): TaskError {
  return new TaskError(
    "hostKeyChanged",
    `SSH host key verification failed: Host key mismatch. ${offered.name} offers ${offered.type} ${offered.fingerprint}, ` +
      `but ${known.where} has ${known.fingerprint}. Somebody may be intercepting the connection. Find out why the key ` +
      `changed; if that is in order, run \`ssh-keygen -R '${offered.name}'\` and then \`ssh ${alias}\` in a terminal.`,
  );
}

export function hostKeyRevoked(alias: string, offered: OfferedKey, where: string): TaskError {
  return new TaskError(
    "hostKeyRevoked",
    `SSH host key verification failed. The key ${offered.fingerprint} that ${alias} offers is marked @revoked in ${where}. ` +
      "Ask whoever runs the host for its new key.",
  );
}

export function jumpFailed(alias: string, target: string, cause: unknown): TaskError {
  return new TaskError(
    "connectionRefused",
    `SSH connection refused: Port may be closed or firewall blocking. The jump host on the way to ${alias} could not connect to ${target} (${quoted(asError(cause).message)}). Check HostName, Port and ProxyJump in the ssh config, and that the jump host may forward.`,
    { cause },
  );
}

/** `offer` is what the server said it can do. */
export function noCommonAlgorithm(target: string, said: string): TaskError {
  return new TaskError(
    "noCommonAlgorithm",
    `SSH error: No common algorithm. ${target} and this client have no way of encrypting in common (${quoted(said)}). Update whichever is older, or allow one that both know in its sshd_config.`,
  );
}

export function sshMissing(alias: string): TaskError {
  return new TaskError(
    "sshMissing",
    `SSH error: No ssh program. ${alias} can only be reached by the system's own ssh, and there is none in the PATH. Install OpenSSH's client, or set sshTasks.transport to ssh2.`,
  );
}

export function systemUnsupported(alias: string): TaskError {
  return new TaskError(
    "sshMissing",
    `SSH error: Not on Windows. ${alias} can only be reached by the system's own ssh, which shares no connections on Windows. Run SSH Tasks in WSL, or reach the host with a key and ProxyJump.`,
  );
}

export function noRuntimeFolder(alias: string, cause: unknown): TaskError {
  return new TaskError(
    "sshMissing",
    `SSH error: No place for sockets. ${alias} is reached by the system's own ssh, which needs a folder for temporary files (${quoted(asError(cause).message)}). Free space there, or set TMPDIR to another one.`,
    { cause },
  );
}

export function proxyCommandFailed(alias: string, said: string): TaskError {
  return new TaskError(
    "handshakeFailed",
    `SSH error: ProxyCommand. The ProxyCommand that leads to ${alias} has ended (${quoted(said)}). Try \`ssh ${alias}\` in a terminal, and correct it in the ssh config.`,
  );
}

export function proxyCommandUnsupported(alias: string): TaskError {
  return new TaskError(
    "handshakeFailed",
    `SSH error: ProxyCommand. The ssh config reaches ${alias} by a ProxyCommand, which ssh2 does not run. Set sshTasks.transport to auto, or use ProxyJump where the command only goes through another host.`,
  );
}

export function hostSilent(
  alias: string,
  what: string,
  seconds: number,
  next = "Check the host, and try again.",
): TaskError {
  return new TaskError(
    "hostSilent",
    `SSH connection timeout: Host did not respond. ${alias} did not ${what} within ${seconds} s. ${next}`,
  );
}

/** What to do about a host that is silent before the sign-in. */
export const checkWay =
  "Check HostName and Port in the ssh config, that the host is up, and the network or VPN, and try again.";

/** `said` is what the server began with. */
export function notSsh(target: string, said: string): TaskError {
  return new TaskError(
    "handshakeFailed",
    `SSH error: No SSH 2 server. ${target} speaks something else (${quoted(said)}). Check HostName and Port in the ssh config; \`ssh -v\` in a terminal shows more.`,
  );
}

export function notDurable(alias: string, why: string): TaskError {
  return new TaskError("notDurable", `${alias} can't keep a task beyond its connection: ${why}.`);
}

export function noPlace(alias: string): TaskError {
  return notDurable(
    alias,
    "~/.local/state, /var/tmp, /tmp and /dev/shm are full or can't be written to",
  );
}

export function filesExhausted(alias: string): TaskError {
  return new TaskError(
    "hostExhausted",
    `SSH error: Too many open files. What follows the tasks of ${alias} there may open no more, so the command was not started. Wait for some of them to end, or raise the limit on that host (\`ulimit -Hn\`), and start it again.`,
  );
}

export function perlMissing(alias: string): TaskError {
  return new TaskError("perlMissing", `${alias} has no perl to keep its tasks with.`);
}

export function nameUnanswered(target: string, seconds: number): TaskError {
  return new TaskError(
    "hostNameNotResolved",
    `SSH hostname resolution failed: DNS lookup failed. The name of ${target} had no answer within ${seconds} s; check HostName in the ssh config, the name server, and the VPN.`,
  );
}

export function connectionDropped(target: string, cause: unknown): TaskError {
  return new TaskError(
    "connectionDropped",
    `SSH error: Connection dropped. ${target} ended the connection before it said that it speaks SSH (${quoted(asError(cause).message)}). ` +
      "It may have too many sign-ins under way (MaxStartups), or block this address: try again later; `ssh -v` in a terminal shows more.",
    { cause },
  );
}

export function portInvalid(target: string): TaskError {
  return new TaskError(
    "connectionRefused",
    `SSH unable to connect: Check host and port. There is no such port as that of ${target}; correct Port in the ssh config.`,
  );
}

export function connectionLost(alias: string, cause?: unknown): TaskError {
  const detail = cause === undefined ? "" : ` (${quoted(asError(cause).message)})`;
  return new TaskError(
    "connectionLost",
    `SSH error: Connection lost. The connection to ${alias} was lost${detail}; check the network and the host, and try again.`,
    { cause },
  );
}

export function channelRefused(alias: string, cause: unknown): TaskError {
  return new TaskError(
    "channelRefused",
    `SSH error: No channel. ${alias} opened none for the command (${quoted(asError(cause).message)}). Its sshd may allow too few (MaxSessions); try again later.`,
    { cause },
  );
}

export function processesHidden(alias: string): TaskError {
  return new TaskError(
    "processesHidden",
    `SSH error: No processes to see. ${alias} can't show its processes (no /proc, no ps, or no POSIX shell). Log in to it to look.`,
  );
}

export function shellFailed(alias: string, output: string): TaskError {
  const said = output === "" ? "" : ` It said ${quoted(output)}.`;
  return new TaskError(
    "shellFailed",
    `SSH error: No shell. ${alias} did not run /bin/sh, so the command was not started.${said} Check that the account may run commands (\`ssh ${alias} true\`).`,
  );
}

/** Translates what the socket or ssh2 reports before the connection is ready. */
export function connectFailed(target: string, error: unknown): TaskError {
  const { message, code, level } = describe(error);
  const tell = (kind: ConstructorParameters<typeof TaskError>[0], text: string): TaskError =>
    new TaskError(kind, text, { cause: error });
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return tell(
        "hostNameNotResolved",
        `SSH hostname resolution failed: DNS lookup failed. Nothing is known of ${target}; check HostName in the ssh config, and the VPN.`,
      );
    case "ECONNREFUSED":
      return tell(
        "connectionRefused",
        `SSH connection refused: Port may be closed or firewall blocking. ${target} answered, but no SSH server listens there; check Port in the ssh config.`,
      );
    case "ETIMEDOUT":
      return tell(
        "connectionTimeout",
        `SSH connection timeout: Host did not respond. ${target} did not answer; check that it is up, and the VPN.`,
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return tell(
        "networkUnreachable",
        `SSH network unreachable: Cannot reach host. There is no way to ${target}; check the network and the VPN.`,
      );
    default:
      if (/no matching /i.test(message)) return noCommonAlgorithm(target, message);
      return tell(
        level === "handshake" ? "handshakeFailed" : "connectionLost",
        `SSH error: ${message}. ${target} ended the conversation before the sign-in; \`ssh -v\` in a terminal shows more.`,
      );
  }
}

function describe(error: unknown): { message: string; code?: unknown; level?: unknown } {
  const seen = asError(error);
  const first: unknown = seen instanceof AggregateError ? seen.errors[0] : undefined;
  const inner = first instanceof Error ? first : seen;
  return {
    message: visible(inner.message).slice(0, 200),
    ...("code" in inner && { code: inner.code }),
    ...("level" in inner && { level: inner.level }),
  };
}
