import type { Disposable } from "../tasks/lifecycle";
import type { Logger } from "../tasks/logger";
import type { RemoteHost, RemoteHosts } from "../tasks/remoteHost";
import { hostNotFound } from "../tasks/taskError";
import { AttachedTask } from "./attachedTask";
import { ConnectionPool, defaultPoolLimits } from "./connectionPool";
import type { SshHostCatalog } from "./hostCatalog";
import type { SshHostConfig } from "./sshConfigFile";
import type { SshConnection } from "./sshConnection";

/** The way to the hosts of the catalog, over ssh2: one pool of connections per host. */
export class SshHosts implements RemoteHosts, Disposable {
  private readonly pools = new Map<string, ConnectionPool>();

  constructor(
    private readonly catalog: Pick<SshHostCatalog, "findConfig">,
    private readonly logger: Logger,
    /** Where ssh-agent listens, as SSH_AUTH_SOCK says. */
    private readonly agentSocket: string | undefined,
  ) {}

  host(alias: string): RemoteHost {
    return { start: (launch) => new AttachedTask(alias, this.pool(alias), launch) };
  }

  /** Closes all connections; what still runs on them is ended by its host. */
  dispose(): void {
    for (const pool of this.pools.values()) pool.dispose();
    this.pools.clear();
  }

  /** By what the config says, not by alias: after an edit of the config nothing new goes to the old place. */
  private async pool(alias: string): Promise<ConnectionPool> {
    const config = await this.catalog.findConfig(alias);
    if (!config) throw hostNotFound(alias);
    const key = JSON.stringify(config);
    let pool = this.pools.get(key);
    if (!pool) {
      pool = new ConnectionPool(() => this.open(config), defaultPoolLimits);
      this.pools.set(key, pool);
    }
    return pool;
  }

  private async open(config: SshHostConfig): Promise<SshConnection> {
    // ssh2 takes a while to load: that is for the first connection to wait for, not for the editor's start.
    const { SshConnection } = await import("./sshConnection");
    return SshConnection.open(config, this.logger, this.agentSocket);
  }
}
