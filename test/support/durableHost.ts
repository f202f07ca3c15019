import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Launch, OutputStream, RemoteTask } from "../../src/tasks/remoteHost";
import type { HostKind } from "./hostKinds";
import { createLaunch } from "./launches";
import { killAll, uniqueMarker } from "./processes";
import { createSshTasks, type SshHarness } from "./sshHarness";
import { requireAccount } from "./testUser";

export interface StartedTask {
  readonly taskId: string;
  readonly launch: Launch;
  readonly remote: RemoteTask;
  /** What it printed so far. */
  readonly bytes: (stream: OutputStream) => Buffer;
  readonly text: (stream: OutputStream) => string;
}

/** A host of a kind, with a place of its own for the folders of tasks. */
export interface DurableHost {
  readonly ssh: SshHarness;
  /** By which `sleep`s of its tasks are known. */
  readonly marker: string;
  /** What each of its processes has in its environment. */
  readonly mark: string;
  /** A folder that tasks may write to. */
  readonly state: string;
  /** The ids of the tasks that have a folder. */
  readonly folders: () => string[];
  readonly start: (command: string, changes?: Partial<Launch>) => StartedTask;
  readonly close: () => Promise<void>;
}

export async function startDurableHost(kind: HostKind): Promise<DurableHost> {
  const marker = uniqueMarker();
  const state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
  const options = await kind.options();
  if (options.user !== undefined) {
    const { uid, gid } = await requireAccount(options.user);
    chownSync(state, uid, gid);
  }
  chmodSync(state, 0o755);
  const environment = { XDG_STATE_HOME: state, DURABLE_TEST: marker };
  const ssh = await createSshTasks({ ...options, environment });
  let count = 0;
  const start = (command: string, changes: Partial<Launch> = {}): StartedTask => {
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    const taskId = `build01:${marker}:${++count}`;
    const onOutput = (stream: OutputStream, bytes: Buffer): void =>
      void chunks[stream].push(Buffer.from(bytes));
    const launch = createLaunch({ taskId, command, durable: true, onOutput, ...changes });
    const remote = ssh.hosts.host("build01").start(launch);
    const bytes = (stream: OutputStream): Buffer => Buffer.concat(chunks[stream]);
    return { taskId, launch, remote, bytes, text: (stream) => bytes(stream).toString() };
  };
  const close = async (): Promise<void> => {
    await killAll(marker);
    await ssh.close();
    rmSync(state, { recursive: true, force: true });
  };
  const folders = (): string[] => readdirSync(join(state, "ssh-tasks"));
  return { ssh, marker, mark: `DURABLE_TEST=${marker}`, state, folders, start, close };
}
