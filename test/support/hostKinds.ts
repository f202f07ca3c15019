import { isRoot, logins, type ServerName, type SshHarnessOptions } from "./sshHarness";
import type { Userland } from "./sshServer";

/** A kind of host that tasks have to run on, and how to start one. */
export interface HostKind {
  /** For titles, such as "dropbear, BusyBox, an ordinary user". */
  readonly name: string;
  readonly userland: Userland;
  readonly login: string;
  readonly options: () => Promise<SshHarnessOptions>;
}

const servers: readonly ServerName[] = ["OpenSSH", "dropbear"];
const userlands: readonly Userland[] = ["GNU", "BusyBox"];

/** Every server with every userland and login; where we are not root, OpenSSH with this machine's programs alone. */
export const hostKinds: readonly HostKind[] = servers.flatMap((server) =>
  userlands.flatMap((userland) =>
    isRoot || (server === "OpenSSH" && userland === "GNU")
      ? logins.map(({ as, user }) => ({
          name: `${server}, ${userland}, ${as}`,
          userland,
          login: as,
          options: async () => ({ server, userland, user: await user() }),
        }))
      : [],
  ),
);
