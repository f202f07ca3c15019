import { userInfo } from "node:os";
import prettyMs from "pretty-ms";
import type { HostStatus } from "../tasks/hostConnections";
import type { HostInfo } from "../tasks/remoteHost";

/** Where it is, as `ssh` would be told. */
export function addressOf({ user, hostName, port }: HostInfo): string {
  return `${user}@${hostName}${port === 22 ? "" : `:${port}`}`;
}

/** The same where the alias does not say as much already. */
export function addressBesideAlias(host: HostInfo): string {
  const { alias, hostName, port, user } = host;
  const isPlain = hostName === alias && port === 22 && user === userInfo().username;
  return isPlain ? "" : addressOf(host);
}

/** What was last seen of a host, in a few words; why an attempt failed is said apart. */
export function describeHostStatus(status: HostStatus): string {
  switch (status.state) {
    case "notConnected":
      return status.reachedAt === undefined
        ? "Not connected yet"
        : `Not connected since ${timeOf(status.reachedAt)}`;
    case "connecting":
      return "Connecting";
    case "connected":
      return status.connections === 1 ? "Connected" : `${status.connections} connections`;
    case "failed":
      return "Connection failed";
  }
}

/** Time of day, with the date where that is another one than today's. */
export function timeOf(at: number): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
}

/** Of a step, as short as it is. */
export function durationOf(ms: number): string {
  return prettyMs(Math.round(ms));
}

export function countTasks(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}
