import { once } from "node:events";
import { createServer } from "node:net";
import ssh2, { type AuthContext, type Connection, type ServerChannel } from "ssh2";
import { defaultLimits, type Limits } from "../../src/tasks/limits";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConnection } from "../../src/ssh/sshConnection";
import { createConnectParts } from "./createTasks";
import { generateHostKey } from "./hostKey";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

export interface ScriptedSshServer {
  readonly host: SshHostConfig;
  /** A connection of ours to it, signed in. */
  readonly connect: (limits?: Partial<Limits>) => Promise<SshConnection>;
  readonly close: () => Promise<void>;
  /** Lines of an ssh config for it. */
  readonly config: readonly string[];
}

/** A command as the server got it. */
export interface ScriptedCommand {
  readonly command: string;
  /** Calls the listener with the name of each signal that comes over its channel. */
  readonly onSignal: (listener: (name: string) => void) => void;
}

/** An SSH server that lets everybody in and does with each command what the test says: what no real server does. */
export async function startScriptedSshServer(
  onCommand:
    | ((channel: ServerChannel, connection: Connection, exec: ScriptedCommand) => void)
    | "never answer",
  authenticate: (context: AuthContext) => void = (context) => context.accept(),
  /** What it says it is. */
  ident = "ssh2js",
): Promise<ScriptedSshServer> {
  const hostKey = generateHostKey();
  const connections = new Set<Connection>();
  const ssh = new ssh2.Server({ hostKeys: [hostKey.private], ident }, (connection) => {
    connections.add(connection);
    connection.on("error", () => undefined); // the test ends it as it likes
    connection.on("authentication", authenticate);
    connection.on("session", (accept) => {
      const session = accept();
      session.on("exec", (acceptCommand, _reject, { command }) => {
        if (onCommand === "never answer") return;
        const onSignal: ScriptedCommand["onSignal"] = (listener) => {
          session.on("signal", (acceptSignal: (() => void) | undefined, _reject, { name }) => {
            acceptSignal?.(); // absent where no answer is wanted
            listener(name);
          });
        };
        onCommand(acceptCommand(), connection, { command, onSignal });
      });
    });
  });
  const server = createServer((socket) => ssh.injectSocket(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  const { port } = address;
  const dir = await mkdtemp(join(tmpdir(), "scripted-"));
  const knownHosts = join(dir, "known_hosts");
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${hostKey.public}\n`);
  const configFile = join(dir, "config");
  const host: SshHostConfig = {
    ...{ alias: "scripted", hostName: "127.0.0.1", port, user: userInfo().username, configFile },
    ...{ identityFiles: [], identitiesOnly: true },
    ...{ userKnownHostsFiles: [knownHosts], globalKnownHostsFiles: [] },
  };
  await writeFile(configFile, `Host scripted\n  HostName 127.0.0.1\n  Port ${port}\n`);
  const at = ["HostName 127.0.0.1", `Port ${port}`, `User ${userInfo().username}`];
  return {
    host,
    config: [...at, "IdentityFile none", "IdentityAgent none", `UserKnownHostsFile ${knownHosts}`],
    connect: (limits = {}) =>
      SshConnection.open(host, {
        ...createConnectParts(),
        limits: { ...defaultLimits, ...limits },
      }),
    close: async () => {
      for (const connection of connections) connection.end();
      server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
