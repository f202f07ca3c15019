import type { LookupAddress } from "node:dns";
import { connect, type Socket } from "node:net";
import { systemClock, within } from "../tasks/clock";
import type { HostNames } from "./hostNames";
import type { StepReporter } from "./stepReporter";
import {
  checkWay,
  connectFailed,
  connectionDropped,
  hostSilent,
  nameUnanswered,
} from "./sshErrors";

export interface SocketTarget {
  readonly hostName: string;
  readonly port: number;
  /** `user@host:port`, for messages. */
  readonly target: string;
  /** Seconds for the name to be resolved, and again for the connection to be accepted. */
  readonly seconds: number;
  /** Resolves with those of the addresses at which something may be started; rejects with a TaskError where there are none. */
  readonly allowed?: ((addresses: LookupAddress[]) => Promise<LookupAddress[]>) | undefined;
  /** The same of a name that a jump host is to connect to. */
  readonly allowedHop?: ((hostName: string) => Promise<void>) | undefined;
  /** Told when the name is resolved and the connection accepted. */
  readonly steps?: StepReporter | undefined;
}

/** Resolves the name and connects, each within its bound; of several addresses the first that answers. Rejects with a TaskError. */
export async function openSocket(to: SocketTarget, names: HostNames): Promise<Socket> {
  to.steps?.begin("resolve");
  const resolving = names.resolve(to.hostName).catch((error: unknown) => {
    throw connectFailed(to.target, error);
  });
  const resolved = await within(systemClock, to.seconds * 1000, resolving);
  if (!resolved) {
    resolving.catch(() => undefined); // it comes too late to tell anybody
    throw nameUnanswered(to.target, to.seconds);
  }
  to.steps?.pass(resolved.map(({ address }) => address).join(", "));
  to.steps?.begin("connect");
  const addresses = (await to.allowed?.(resolved)) ?? resolved;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: to.hostName,
      port: to.port,
      noDelay: true,
      autoSelectFamily: true,
      lookup: (_name, _options, callback) => callback(null, addresses),
    });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(hostSilent(to.target, "accept the connection", to.seconds, checkWay));
    }, to.seconds * 1000);
    socket.once("error", (error) => {
      clearTimeout(timer);
      const dropped = "code" in error && error.code === "ECONNRESET";
      reject(dropped ? connectionDropped(to.target, error) : connectFailed(to.target, error));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      to.steps?.pass(`${socket.remoteAddress ?? ""} port ${to.port}`);
      resolve(socket);
    });
  });
}
