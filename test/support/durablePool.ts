import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConnectionPool } from "../../src/ssh/connectionPool";
import { ControlChannel } from "../../src/ssh/controlChannel";
import { DurableChannel } from "../../src/ssh/durableChannel";
import { DurableTask } from "../../src/ssh/durableTask";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { Emitter } from "../../src/tasks/lifecycle";
import { defaultLimits } from "../../src/tasks/limits";
import type { Adoption, Launch, RemoteProcess, RemoteTask } from "../../src/tasks/remoteHost";
import { createConnectParts } from "./createTasks";
import { createLaunch } from "./launches";
import { uniqueMarker } from "./processes";
import { startSshd } from "./sshd";

/** What the way to the host waits for, and fails with. */
export interface Gates {
  /** Before each connection. */
  readonly connection?: () => Promise<void>;
  /** Before each channel for durable tasks. */
  readonly channel?: () => Promise<void>;
  /** Of a task that another window has started: its id, and what that window has heard of it. */
  readonly adopted?: { readonly taskId?: string; readonly process?: RemoteProcess };
}

/** A durable task over a pool of its own. */
export interface PooledTask {
  readonly taskId: string;
  readonly remote: RemoteTask;
  readonly pool: ConnectionPool;
  /** Every connection that was asked for. */
  readonly asked: readonly Promise<SshConnection>[];
  /** Whether its command, if that is the usual one, has run. */
  readonly hasRun: () => boolean;
}

export interface DurablePools {
  readonly start: (gates: Gates, changes?: Partial<Launch>) => PooledTask;
  readonly close: () => Promise<void>;
}

/** A real host on the way to which the test stands; unused connections to it end soon. */
export async function startDurablePools(): Promise<DurablePools> {
  const state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
  const environment = { HOME: "/nonexistent", XDG_STATE_HOME: state };
  const sshd = await startSshd({ environment, endProcessesOnClose: true });
  const { alias } = sshd;
  const host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(alias);
  const pools: ConnectionPool[] = [];
  const options = { alias, seconds: 10, spoolBytes: 1 << 30, keepDays: 7 };
  const limits = { ...defaultLimits, idleConnectionSeconds: 0.2 };
  const start = (gates: Gates, changes: Partial<Launch> = {}): PooledTask => {
    const asked: Promise<SshConnection>[] = [];
    const connect = async (): Promise<SshConnection> => {
      await gates.connection?.();
      return SshConnection.open(host, createConnectParts());
    };
    const open = (): Promise<SshConnection> => asked[asked.push(connect()) - 1] ?? connect();
    const pool = new ConnectionPool(open, limits, {
      control: (opened) => ControlChannel.open(opened, options),
      durable: async (opened) => {
        await gates.channel?.();
        return DurableChannel.open(opened, options);
      },
    });
    pools.push(pool);
    const taskId = gates.adopted?.taskId ?? `${alias}:${uniqueMarker()}:1`;
    const ran = join(state, taskId);
    const launch = createLaunch({ taskId, command: `>'${ran}'`, durable: true, ...changes });
    const onDidConnect = new Emitter<string>(() => undefined).event;
    const at = { alias, limits, pool: Promise.resolve(pool), onDidConnect };
    const remote = gates.adopted
      ? DurableTask.adopt(at, adoption(launch, gates.adopted.process))
      : DurableTask.start(at, launch);
    return { taskId, remote, pool, asked, hasRun: () => existsSync(ran) };
  };
  const close = async (): Promise<void> => {
    for (const pool of pools) pool.dispose();
    await sshd.close();
    rmSync(state, { recursive: true, force: true });
  };
  return { start, close };
}

function adoption(launch: Launch, process: RemoteProcess | undefined): Adoption {
  const { taskId, onOutput, onGap, onLink } = launch;
  const from = { stdout: 0, stderr: 0 };
  return { taskId, onOutput, onGap, onLink, process, follow: true, from };
}
