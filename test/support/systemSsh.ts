import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { Secrets } from "../../src/ssh/secrets";
import type { HostOptions } from "../../src/ssh/hostOptions";
import { hopOptions, resolveWay, type Hop } from "../../src/ssh/jumpHosts";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { RuntimeFolder, SystemConnection } from "../../src/ssh/system/systemConnection";
import { Transports, type OpenParts } from "../../src/ssh/transports";
import type { Transport } from "../../src/tasks/transport";
import type { HostConnection } from "../../src/ssh/hostConnection";
import { defaultLimits } from "../../src/tasks/limits";
import { createConnectParts } from "./createTasks";
import type { Person } from "./person";
import { startSshd, type Sshd, type SshdOptions } from "./sshd";

/** Servers of their own, and connections to them by the system's ssh. */
export class SystemSsh {
  readonly log: string[] = [];
  private readonly servers: Sshd[] = [];
  private readonly connections: HostConnection[] = [];
  private readonly transports: Transports[] = [];
  private folder: RuntimeFolder | undefined;

  /** A server, and a host of a config of its own, whose lines come before those of the server's. */
  async serve(
    options: SshdOptions = {},
    lines: readonly string[] | ((sshd: Sshd) => readonly string[]) = [],
  ): Promise<{ readonly sshd: Sshd; readonly host: SshHostConfig }> {
    const sshd = await startSshd({
      ...{ environment: { HOME: "/nonexistent" }, endProcessesOnClose: true },
      ...options,
    });
    this.servers.push(sshd);
    return { sshd, host: await this.configure(sshd, lines) };
  }

  /** A host of such a config; the config also has the hosts of other servers. */
  async configure(
    sshd: Sshd,
    lines: readonly string[] | ((sshd: Sshd) => readonly string[]),
    others: readonly Sshd[] = [],
  ): Promise<SshHostConfig> {
    const configFile = join(sshd.dir, `config-${Math.random().toString(36).slice(2)}`);
    const own = typeof lines === "function" ? lines(sshd) : lines;
    const include = ({ sshConfigFile }: Sshd): string => `Include ${sshConfigFile}`;
    const text = [...others.map(include), `Host ${sshd.alias}`, ...own, include(sshd), ""];
    await writeFile(configFile, text.join("\n"), { mode: 0o600 });
    const config = await SshConfigFile.read(configFile);
    const lookUp = (hop: Hop): Promise<HostOptions> => {
      const sshOptions = hopOptions(hop);
      const asked = { configFile, sshOptions };
      return Promise.resolve({ ...config.optionsOf(hop.alias, sshOptions), asked });
    };
    return resolveWay({ alias: sshd.alias }, lookUp);
  }

  parts(person?: Person | Secrets, limits: Partial<typeof defaultLimits> = {}): OpenParts {
    const secrets = person instanceof Secrets ? person : new Secrets(person?.prompt);
    const all = { ...defaultLimits, ...limits };
    return { ...createConnectParts(this.log), limits: all, secrets, fresh: false };
  }

  /** By ssh, whatever the host. */
  async connect(host: SshHostConfig, parts = this.parts()): Promise<SystemConnection> {
    this.folder ??= await RuntimeFolder.create();
    const connection = await SystemConnection.open(host, { ...parts, folder: this.folder });
    this.connections.push(connection);
    return connection;
  }

  /** By whichever transport takes it. */
  async open(host: SshHostConfig, parts = this.parts(), transport: Transport = "auto") {
    const transports = new Transports(() => transport);
    this.transports.push(transports);
    const connection = await transports.open(host, parts);
    this.connections.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.end();
    for (const server of this.servers) await server.close();
    for (const transports of this.transports) transports.dispose();
    this.folder?.dispose();
  }
}

/** What a command prints over a connection. */
export async function output(connection: HostConnection, script = "echo works"): Promise<string> {
  return connection
    .openShell(
      (channel) =>
        new Promise<string>((resolve) => {
          let text = "";
          channel.on("data", (bytes: Buffer) => (text += bytes.toString()));
          channel.stderr.resume();
          channel.on("close", () => resolve(text));
          channel.end(`${script}\n`);
        }),
    )
    .then((printed) => printed);
}
