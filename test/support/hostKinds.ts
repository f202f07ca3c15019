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
const bySsh2: readonly HostKind[] = servers.flatMap((server) =>
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

/** The first and the last of them, which differ in everything, reached by the system's ssh. */
const bySystem = [...new Set([bySsh2.at(0), bySsh2.at(-1)])].flatMap((kind) =>
  kind
    ? {
        ...kind,
        name: `${kind.name}, by the system's ssh`,
        options: async (): Promise<SshHarnessOptions> => ({
          ...(await kind.options()),
          transport: "ssh",
        }),
      }
    : [],
);

export const hostKinds: readonly HostKind[] = [...bySsh2, ...bySystem];
