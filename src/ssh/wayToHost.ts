import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { systemClock, within } from "../tasks/clock";
import type { HostNames } from "./hostNames";
import { openSocket, type SocketTarget } from "./openSocket";
import type { SignedIn } from "./signedInClient";
import type { SshHostConfig } from "./hostConfig";
import { hostSilent, jumpFailed } from "./sshErrors";

/** A stream to a host's SSH server: a socket, or a channel through another host. */
export interface WayToHost {
  readonly stream: Duplex;
  /** Address that the stream leads to, "" where a jump host alone knows it. */
  readonly address: string;
  /**
   * What the network rules look at: the address of the first hop, and of each later one its name where that is an address,
   * or else "".
   */
  readonly addresses: readonly string[];
}

/** Signs in to a jump host, itself reached as its config says. */
export type OpenJump = (host: SshHostConfig) => Promise<SignedIn>;

/** Opens the way, through the jump hosts of the config where there are any (ssh_config(5), ProxyJump). Rejects with a TaskError. */
export async function openWay(
  host: SshHostConfig,
  to: SocketTarget,
  names: HostNames,
  openJump: OpenJump,
): Promise<WayToHost> {
  const { jumps = [] } = host;
  const last = jumps.at(-1);
  if (last) return throughJump(host, to, await openJump(withJumps(last, jumps.slice(0, -1))));
  const stream = await openSocket(to, names);
  const address = stream.remoteAddress ?? "";
  return { stream, address, addresses: [address] };
}

/** A hop is reached through those before it; the first as its own config says. */
export function withJumps(host: SshHostConfig, before: readonly SshHostConfig[]): SshHostConfig {
  return before.length > 0 ? { ...host, jumps: before } : host;
}

async function throughJump(
  host: SshHostConfig,
  to: SocketTarget,
  jump: SignedIn,
): Promise<WayToHost> {
  const { hostName, port, alias } = host;
  to.steps?.begin("connect");
  try {
    await to.allowedHop?.(hostName);
    const opening = forward(jump.client, hostName, port).catch((error: unknown) => {
      throw jumpFailed(alias, to.target, error);
    });
    const stream = await within(systemClock, to.seconds * 1000, opening);
    if (!stream) throw hostSilent(to.target, "accept the connection of its jump host", to.seconds);
    to.steps?.pass(`${hostName} port ${port}, through ${jump.alias}`);
    stream.once("close", () => jump.client.end());
    jump.client.once("close", () => stream.destroy());
    const literal = isIP(hostName) === 0 ? "" : hostName;
    return { stream, address: "", addresses: [...jump.addresses, literal] };
  } catch (error) {
    jump.client.destroy();
    throw error;
  }
}

function forward(client: Client, hostName: string, port: number): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, hostName, port, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
}

/** The hosts on the way, the first that a connection is opened to before all others, and the host itself last. */
export function hopsOf(host: SshHostConfig): readonly SshHostConfig[] {
  const { jumps = [] } = host;
  const [first, ...others] = jumps;
  return first ? [...hopsOf(first), ...others, host] : [host];
}
