import { join } from "node:path";
import type { Logger } from "../tasks/logger";
import type { HostCatalog, HostInfo, TaggedHost } from "../tasks/remoteHost";
import { asError, TaskError } from "../tasks/taskError";
import { checkAlias } from "../tasks/taskRequest";
import { localAccount } from "./configTokens";
import type { SshHostConfig } from "./hostConfig";
import type { HostOptions } from "./hostOptions";
import { resolveWay, type Hop } from "./jumpHosts";
import { OpenSshConfig } from "./openSshConfig";
import type { SshConfigFile } from "./sshConfigFile";

export interface SshSettings {
  /** Path of the ssh config; `~/.ssh/config` when absent. */
  readonly sshConfigFile?: string | undefined;
  /** Path of the only known_hosts file to trust; those that the config names when absent. */
  readonly knownHostsFile?: string | undefined;
  /** The aliases that have each tag. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The hosts of the user's ssh config. It is read at every call: a few kilobytes, and never out of date. Who asks for one host
 * gets what OpenSSH makes of it, where there is an ssh, which may run the commands of `Match exec`; a list runs nothing.
 */
export class SshHostCatalog implements HostCatalog {
  private readonly reported = new Set<string>();

  constructor(
    private readonly settings: () => SshSettings,
    private readonly logger: Logger,
    private readonly openSsh: Pick<OpenSshConfig, "ask"> = new OpenSshConfig(),
  ) {}

  async listHosts(): Promise<readonly HostInfo[]> {
    const config = await this.read();
    return this.usableAliases(config).map((alias) => this.describe(config.resolve(alias)));
  }

  async findHost(alias: string): Promise<HostInfo | undefined> {
    const host = await this.findConfig(alias);
    return host && this.describe(host);
  }

  async findTags(alias: string): Promise<TaggedHost | undefined> {
    const isOffered = this.isOffered(alias, await this.read());
    return isOffered ? { alias, tags: this.tagsOf(alias) } : undefined;
  }

  /** What the connection needs to know of a host; undefined for an alias that no `Host` line is for. */
  async findConfig(alias: string): Promise<SshHostConfig | undefined> {
    const config = await this.read();
    if (!this.isOffered(alias, config)) return undefined;
    const host = await this.attempt(() =>
      resolveWay({ alias }, (hop) => this.optionsOf(hop, config)),
    );
    const { knownHostsFile, sshConfigFile } = this.settings();
    return withAll(host, {
      ...(sshConfigFile !== undefined && { configFile: sshConfigFile }),
      ...(knownHostsFile !== undefined && {
        userKnownHostsFiles: [knownHostsFile],
        globalKnownHostsFiles: [],
      }),
    });
  }

  private async optionsOf(hop: Hop, config: SshConfigFile): Promise<HostOptions> {
    const { sshConfigFile: configFile } = this.settings();
    const asked = configFile === undefined ? {} : { configFile };
    const said = await this.openSsh.ask({ ...hop, ...asked, sshOptions: [] }, config.stamp);
    return { ...(said ?? config.optionsOf(hop, [])), asked };
  }

  private isOffered(alias: string, config: SshConfigFile): boolean {
    return isUsable(alias) && (this.usableAliases(config).includes(alias) || config.names(alias));
  }

  private describe({ alias, hostName, port, user }: SshHostConfig): HostInfo {
    return { alias, hostName, port, user, tags: this.tagsOf(alias), description: "" };
  }

  private tagsOf(alias: string): readonly string[] {
    const { tags = {} } = this.settings();
    const own = Object.entries(tags).filter(([, aliases]) => aliases.includes(alias));
    return own.map(([tag]) => tag);
  }

  private async read(): Promise<SshConfigFile> {
    try {
      const { SshConfigFile } = await import("./sshConfigFile");
      const { sshConfigFile } = this.settings();
      return await SshConfigFile.read(
        this.path,
        sshConfigFile === undefined ? systemConfig() : undefined,
      );
    } catch (error) {
      throw this.unreadable(error);
    }
  }

  private async attempt<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw this.unreadable(error);
    }
  }

  private unreadable(error: unknown): TaskError {
    return new TaskError(
      "configUnreadable",
      `The ssh config ${this.path} can't be read: ${asError(error).message}. Correct the file or the setting sshTasks.sshConfigFile.`,
      { cause: error },
    );
  }

  private get path(): string {
    return this.settings().sshConfigFile ?? join(localAccount().home, ".ssh", "config");
  }

  /** Task ids and tool arguments carry the alias, so one with other characters is left out, and said once. */
  private usableAliases(config: SshConfigFile): string[] {
    return config.aliases().filter((alias) => {
      const usable = isUsable(alias);
      if (!usable && !this.reported.has(alias)) {
        this.reported.add(alias);
        this.logger.warn(
          `host ${JSON.stringify(alias)} is left out: its alias has characters that task ids can't carry`,
        );
      }
      return usable;
    });
  }
}

/** The config of all accounts, which is read after one's own (ssh_config(5), FILES). */
function systemConfig(): string {
  const { ProgramData = "C:\\ProgramData" } = process.env;
  return process.platform === "win32"
    ? join(ProgramData, "ssh", "ssh_config")
    : "/etc/ssh/ssh_config";
}

/** The same for the hosts on the way. */
function withAll(host: SshHostConfig, changes: Partial<SshHostConfig>): SshHostConfig {
  const { jumps } = host;
  return {
    ...host,
    ...changes,
    ...(jumps && { jumps: jumps.map((jump) => withAll(jump, changes)) }),
  };
}

function isUsable(alias: string): boolean {
  try {
    return checkAlias(alias) === alias && !alias.startsWith("-");
  } catch {
    return false; // checkAlias throws exactly when the alias is not usable
  }
}
