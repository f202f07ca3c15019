import { systemClock, within } from "../../tasks/clock";
import { addressDenied } from "../../tasks/taskError";
import type { SshHostConfig } from "../hostConfig";
import { HostNames } from "../hostNames";
import type { ConnectParts } from "../signedInClient";
import { connectFailed, nameUnanswered } from "../sshErrors";

/** Of the addresses of a name ssh may take any, so each must be allowed; where nobody knows the address, none is. Rejects with a TaskError. */
export async function requireAllowed(host: SshHostConfig, parts: ConnectParts): Promise<void> {
  const { allowed, allowedHop, names = new HostNames(), limits } = parts;
  const { alias, hostName, jumps = [], proxyCommand, user, port } = host;
  if (!allowed) return;
  if (proxyCommand !== undefined) return allowedHop?.("");
  if (jumps.length > 0) return allowedHop?.(hostName);
  const target = `${user}@${hostName}:${port}`;
  const resolving = names.resolve(hostName).catch((error: unknown) => {
    throw connectFailed(target, error);
  });
  const found = await within(systemClock, limits.connectSeconds * 1000, resolving);
  if (!found) throw nameUnanswered(target, limits.connectSeconds);
  if ((await allowed(found)).length === found.length) return;
  throw addressDenied(
    alias,
    "its name has several addresses, and ssh may take one that is not allowed",
  );
}
