import { existsSync, realpathSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "ssh2";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { SshHosts } from "../../src/ssh/sshHosts";
import { defaultLimits } from "../../src/tasks/limits";
import type { RemoteHost } from "../../src/tasks/remoteHost";
import type { Cleanup } from "../support/cleanup";
import { createLogger } from "../support/createTasks";
import { eventually } from "../support/eventually";
import type { Mount } from "../support/privateFiles";
import { startSshd, type Sshd, type SshdOptions } from "../support/sshd";
import { oneCipher } from "./flood";
import { openSsh, type OpenSsh } from "./openSsh";
import { openClient } from "./ssh2Client";

/** A host that keeps the folders of its tasks where they can be seen. */
export interface SpoolHost extends Sshd {
  /** The names of the folders that are there. */
  folders(): Promise<string[]>;
  /** The folder of a task, whether or not it is there. */
  folderOf(taskId: string): string;
}

/** A host, and each client that is measured, connected to it. */
export interface DurableBed {
  readonly host: SpoolHost;
  readonly ssh: OpenSsh;
  /** A connection of ssh2 without any other part of us. */
  readonly client: Client;
  /** Our way to the host. */
  readonly remote: RemoteHost;
}

/** How many channels the OpenSSH client gets on its one connection. */
const maxSessions = 120;

/** Starts a host without a home, as rc files would be measured with every command. */
export async function startSpoolHost(
  cleanup: Cleanup,
  options: Pick<SshdOptions, "config" | "mounts"> = {},
): Promise<SpoolHost> {
  const state = await mkdtemp(join(tmpdir(), "ssh-tasks-bench-"));
  cleanup.add(() => rm(state, { recursive: true, force: true }));
  const environment = { HOME: "/nonexistent", XDG_STATE_HOME: state };
  const own = { aliases: ["bench"], environment, endProcessesOnClose: true };
  const host = await startSshd({ ...own, ...options });
  cleanup.add(() => host.close());
  const place = join(state, "ssh-tasks");
  return { ...host, folders: () => readdir(place), folderOf: (taskId) => join(place, taskId) };
}

/** Starts all of it; without `perl` the host has none, which only root can make. */
export async function startDurableBed(
  cleanup: Cleanup,
  { perl }: { readonly perl: boolean } = { perl: true },
): Promise<DurableBed> {
  const config = [...oneCipher, `MaxSessions ${maxSessions}`];
  const mounts = perl ? [] : await hidePerl(cleanup);
  const host = await startSpoolHost(cleanup, { config, mounts });
  const logger = createLogger();
  const { sshConfigFile, knownHostsFile } = host;
  const catalog = new SshHostCatalog(() => ({ sshConfigFile, knownHostsFile }), logger);
  const hosts = new SshHosts({ catalog, logger, limits: defaultLimits, agentSocket: undefined });
  cleanup.add(() => hosts.dispose());
  const ssh = await openSsh(host, cleanup);
  const client = await openClient(host, cleanup);
  return { host, ssh, client, remote: hosts.host(host.alias) };
}

/** Resolves once the host has forgotten every task. */
export async function allForgotten(host: SpoolHost): Promise<void> {
  const none = async (): Promise<boolean> => (await host.folders()).length === 0;
  await eventually("the folders of all tasks are gone", none, 120_000);
}

/** A file that is no program, wherever our scripts would find perl. */
async function hidePerl(cleanup: Cleanup): Promise<Mount[]> {
  const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-bench-"));
  cleanup.add(() => rm(dir, { recursive: true, force: true }));
  const source = join(dir, "perl");
  await writeFile(source, "", { mode: 0o644 });
  const found = ["/usr/local/bin", "/bin", "/usr/bin"].flatMap((place) => {
    const path = join(place, "perl");
    return existsSync(path) ? [join(realpathSync(place), "perl")] : [];
  });
  return [...new Set(found)].map((target) => ({ source, target }));
}
