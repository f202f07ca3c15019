import type { SshHostConfig } from "./hostConfig";
import { proxyTextOf, toHostConfig, type HostOptions } from "./hostOptions";

/** Jump hosts that are reached through others, as their own configs say. */
const maxJumpDepth = 8;

/** A host as something leads to it: by its alias, and perhaps as a certain user at a certain port. */
export interface Hop {
  readonly alias: string;
  readonly user?: string;
  readonly port?: number;
}

/** What is said of a host. Rejects with an Error where that can't be found out. */
export type LookUp = (hop: Hop) => Promise<HostOptions>;

/** How to reach a host, with the way there, through whatever hosts. Rejects with an Error when jump hosts lead in a circle. */
export async function resolveWay(hop: Hop, lookUp: LookUp, depth = 0): Promise<SshHostConfig> {
  if (depth > maxJumpDepth) throw new Error("ProxyJump leads in a circle");
  const options = await lookUp(hop);
  const host = toHostConfig(hop.alias, options);
  const { jumps, command } = proxyTextOf(options);
  if (command !== undefined) return { ...host, proxyCommand: command };
  if (jumps === undefined) return host;
  const [first, ...others] = jumps.split(",").map(parseJump);
  if (!first) return host;
  const hops = [await resolveWay(first, lookUp, depth + 1)];
  // Those after the first are reached through those before them, whatever their own configs say (ssh.c, main).
  for (const other of others) hops.push(toHostConfig(other.alias, await lookUp(other)));
  return { ...host, jumps: hops };
}

/** What leads to a hop as options that go before the config, each `Name=value` (ssh(1), -o). */
export function hopOptions({ user, port }: Hop): readonly string[] {
  return [
    ...(user === undefined ? [] : [`User="${user}"`]),
    ...(port === undefined ? [] : [`Port=${port}`]),
  ];
}

/** ssh_config(5), ProxyJump: `[user@]host[:port]`, or an ssh URI. @throws Error where it is neither */
export function parseJump(text: string): Hop {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:/@[\]]+))(?::(\d+))?\/?$/.exec(text.trim()) ?? [];
  const alias = bracketed ?? plain;
  if (alias === undefined || alias.startsWith("-") || /[\s\x00-\x1f\x7f]/.test(alias)) {
    throw new Error(`ProxyJump ${text} names no host`);
  }
  // Nothing that would be more than a value between quotes.
  if (user !== undefined && /^-|["\s\x00-\x1f\x7f]|\\(?:\\|$)/.test(user)) {
    throw new Error(`ProxyJump ${text} names no user`);
  }
  return { alias, ...(user && { user }), ...(port && { port: Number(port) }) };
}
