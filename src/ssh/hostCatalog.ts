import { join } from "node:path";
import type { Logger } from "../tasks/logger";
import type { HostCatalog, HostInfo, TaggedHost } from "../tasks/remoteHost";
import { asError, TaskError } from "../tasks/taskError";
import { localAccount } from "./configTokens";
import type { SshHostConfig } from "./hostConfig";
import {
  isUsableAlias,
  readHostSettings,
  type HostSetting,
  type HostSettings,
} from "./hostSettings";
import type { HostOptions } from "./hostOptions";
import { hopOptions, resolveWay, type Hop } from "./jumpHosts";
import { OpenSshConfig } from "./openSshConfig";
import type { SshConfigFile } from "./sshConfigFile";

export interface SshSettings {
  /** Path of the ssh config; `~/.ssh/config` when absent. */
  readonly sshConfigFile?: string | undefined;
  /** Path of the only known_hosts file to trust; those that the config names when absent. */
  readonly knownHostsFile?: string | undefined;
  /** The aliases that have each tag. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  /** Hosts besides those of the ssh config, or what is to hold before it: unchecked, as the person has set it. */
  readonly hosts?: unknown;
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
    const { hosts } = this.readHosts();
    const aliases = new Set([...this.usableAliases(config), ...hosts.keys()]);
    return [...aliases].map((alias) => {
      const set = hosts.get(alias);
      return this.describe(config.resolve(alias, set?.sshOptions), set);
    });
  }

  async findHost(alias: string): Promise<HostInfo | undefined> {
    const host = await this.findConfig(alias);
    return host && this.describe(host, this.readHosts().hosts.get(alias));
  }

  async findTags(alias: string): Promise<TaggedHost | undefined> {
    if (!this.isOffered(alias, await this.read())) return undefined;
    return { alias, tags: this.tagsOf(alias, this.readHosts().hosts.get(alias)) };
  }

  /** What the connection needs to know of a host; undefined for an alias that no `Host` line and no setting is for. */
  async findConfig(alias: string): Promise<SshHostConfig | undefined> {
    const config = await this.read();
    if (!this.isOffered(alias, config)) return undefined;
    const host = await this.attempt(() =>
      resolveWay({ alias }, (hop) => this.optionsOf(hop, config)),
    );
    const { knownHostsFile } = this.settings();
    return knownHostsFile === undefined ? host : trustingOnly(knownHostsFile, host);
  }

  private async optionsOf(hop: Hop, config: SshConfigFile): Promise<HostOptions> {
    const { hosts, faults } = this.readHosts();
    const fault = faults.find(({ alias }) => alias === hop.alias);
    if (fault) throw hostSettingInvalid(fault.message);
    const { alias } = hop;
    const sshOptions = [...hopOptions(hop), ...(hosts.get(alias)?.sshOptions ?? [])];
    const { sshConfigFile } = this.settings();
    // A file that does not exist is an empty one; ssh takes it for an error, but knows a name for no file (ssh(1), -F).
    const configFile = sshConfigFile !== undefined && !config.exists ? "none" : sshConfigFile;
    const said = await this.openSsh.ask({ alias, configFile, sshOptions }, config.stamp);
    const asked = {
      ...(configFile !== undefined && { configFile }),
      ...(sshOptions.length > 0 && { sshOptions }),
    };
    return { ...(said ?? config.optionsOf(alias, sshOptions)), asked };
  }

  private isOffered(alias: string, config: SshConfigFile): boolean {
    if (!isUsableAlias(alias)) return false;
    const { hosts, faults } = this.readHosts();
    const isSet = hosts.has(alias) || faults.some((fault) => fault.alias === alias);
    return isSet || this.usableAliases(config).includes(alias) || config.names(alias);
  }

  private describe(host: SshHostConfig, set: HostSetting | undefined): HostInfo {
    const { alias, hostName, port, user } = host;
    const tags = this.tagsOf(alias, set);
    return { alias, hostName, port, user, tags, description: set?.description ?? "" };
  }

  /** Those of its entry in the setting, and those that `sshTasks.tags` gives it. */
  private tagsOf(alias: string, set: HostSetting | undefined): readonly string[] {
    const { tags = {} } = this.settings();
    const given = Object.entries(tags).filter(([, aliases]) => aliases.includes(alias));
    return [...new Set([...(set?.tags ?? []), ...given.map(([tag]) => tag)])];
  }

  private readHosts(): HostSettings {
    const settings = readHostSettings(this.settings().hosts);
    for (const { message } of settings.faults) this.warnOnce(`${message}; the entry is left out`);
    return settings;
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
    if (error instanceof TaskError) return error;
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
      const usable = isUsableAlias(alias);
      if (!usable) {
        const name = JSON.stringify(alias);
        this.warnOnce(
          `host ${name} is left out: its alias has characters that task ids can't carry`,
        );
      }
      return usable;
    });
  }

  private warnOnce(message: string): void {
    if (this.reported.has(message)) return;
    this.reported.add(message);
    this.logger.warn(message);
  }
}

function hostSettingInvalid(message: string): TaskError {
  return new TaskError(
    "configUnreadable",
    `The host can't be used: ${message}. Correct the setting.`,
  );
}

/** The config of all accounts, which is read after one's own (ssh_config(5), FILES). */
function systemConfig(): string {
  const { ProgramData = "C:\\ProgramData" } = process.env;
  return process.platform === "win32"
    ? join(ProgramData, "ssh", "ssh_config")
    : "/etc/ssh/ssh_config";
}

/** The same for the hosts on the way. */
function trustingOnly(file: string, host: SshHostConfig): SshHostConfig {
  const { jumps } = host;
  return {
    ...host,
    userKnownHostsFiles: [file],
    globalKnownHostsFiles: [],
    ...(jumps && { jumps: jumps.map((jump) => trustingOnly(file, jump)) }),
  };
}
