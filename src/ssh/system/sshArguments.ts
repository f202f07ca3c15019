import type { SshHostConfig } from "../hostConfig";
import { quoteForShell } from "../../tasks/quoteForShell";
import { keepalive } from "../keepalive";
import type { RuntimeFolder } from "./runtimeFolder";

/** What only our connections have of ssh: no terminal, nothing forwarded, no command of the config's. */
const plain = ["-T", "-a", "-x", "-o", "RemoteCommand=none", "-o", "ClearAllForwardings=yes"];

export interface MasterOptions {
  readonly connectSeconds: number;
  readonly deadLinkSeconds: number;
  /** Nobody can be asked. */
  readonly batch: boolean;
  /** The agent that the config names is done without. */
  readonly withoutAgent: boolean;
  /** Where this connection is shared. */
  readonly socket: string;
  /** A file of host keys that stands before those of the config, for what is trusted this once. */
  readonly knownHosts: string;
  /** The socket of the connection to the jump host before it. */
  readonly jump: { readonly host: SshHostConfig; readonly socket: string } | undefined;
}

/**
 * Of a connection that others share and that has no command of its own (ssh(1), -M and -N). It tells on its standard error
 * where it went, and on its standard output when it is signed in.
 */
export function masterArguments(
  host: SshHostConfig,
  folder: Pick<RuntimeFolder, "path">,
  options: MasterOptions,
): string[] {
  const { connectSeconds, deadLinkSeconds, batch, socket, knownHosts, jump } = options;
  const { userKnownHostsFiles, globalKnownHostsFiles, strictHostKeyChecking } = host;
  const { seconds, count } = keepalive(host, deadLinkSeconds);
  const settings = [
    "ControlMaster=yes",
    "ControlPersist=no",
    `ControlPath=${noTokens(socket)}`,
    "LogLevel=DEBUG2", // see DialogWords
    "PermitLocalCommand=yes",
    `LocalCommand=exec /bin/sh ${noTokens(quoteForShell(`${folder.path}/ready`))}`,
    `StrictHostKeyChecking=${strictHostKeyChecking ?? "ask"}`,
    `UserKnownHostsFile=${files([knownHosts, ...userKnownHostsFiles])}`,
    `GlobalKnownHostsFile=${files(globalKnownHostsFiles)}`,
    "HashKnownHosts=no", // what is added to the person's own file is as they want it
    "UpdateHostKeys=no",
    "VisualHostKey=no",
    "Tunnel=no",
    `ConnectTimeout=${connectSeconds}`,
    `ServerAliveInterval=${Math.max(1, Math.floor(seconds))}`,
    `ServerAliveCountMax=${count}`,
    ...(batch ? ["BatchMode=yes"] : []),
    ...(options.withoutAgent ? ["IdentityAgent=none"] : []),
    ...(jump ? [`ProxyCommand=${throughJump(jump)}`] : []),
  ];
  return ["-N", ...plain, ...asOptions(settings), ...destination(host)];
}

/** What a person would type into a terminal to log in to a host, as a line for a POSIX shell. */
export function loginCommand(host: SshHostConfig): string {
  return ["ssh", ...configuration(host), host.alias].map(quoteForShell).join(" ");
}

/** Of a command over a connection that is there. */
export function channelArguments(host: SshHostConfig, socket: string, command: string): string[] {
  return ["-T", ...over(socket), "-o", "LogLevel=DEBUG1", "--", host.alias, command];
}

/** Whether somebody listens there (ssh(1), -O check). */
export function checkArguments(host: SshHostConfig, socket: string): string[] {
  return ["-O", "check", ...over(socket), "--", host.alias];
}

/** Over the connection that listens there, whatever the config says: where it is not, ssh fails, and opens none. */
function over(socket: string): string[] {
  const settings = [
    "ControlMaster=no",
    `ControlPath=${noTokens(socket)}`,
    "BatchMode=yes",
    "ProxyCommand=exit 1",
  ];
  return ["-F", "none", ...asOptions(settings)];
}

function throughJump({ host, socket }: NonNullable<MasterOptions["jump"]>): string {
  // The brackets and tokens are for ssh, the rest is words for the shell, where ssh has halved each %.
  const words = [...over(socket), "--", host.alias];
  return ["ssh", "-W", "'[%h]:%p'", ...words.map((word) => noTokens(quoteForShell(word)))].join(
    " ",
  );
}

function destination(host: SshHostConfig): string[] {
  return [...configuration(host), "--", host.alias];
}

function configuration({ configFile, sshOptions = [] }: SshHostConfig): string[] {
  const file = configFile === undefined ? [] : ["-F", configFile];
  return [...file, ...asOptions(sshOptions)];
}

function asOptions(settings: readonly string[]): string[] {
  return settings.flatMap((setting) => ["-o", setting]);
}

function files(paths: readonly string[]): string {
  const named = paths.length > 0 ? paths : ["/dev/null"];
  return named.map((path) => `"${noTokens(path)}"`).join(" ");
}

/** ssh_config(5), TOKENS: what begins with % would stand for something. */
function noTokens(text: string): string {
  return text.replace(/%/g, "%%");
}
