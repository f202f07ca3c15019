import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CancelOutcome } from "../../src/tasks/cancelOutcome";
import { canarySeconds, fillShape, unmentionedMs, type CancelShape } from "./cancelShapes";
import { eventually } from "./eventually";
import {
  findByEnvironment,
  findProcesses,
  kill,
  listProcesses,
  uniqueMarker,
  type ProcessInfo,
} from "./processes";
import { createSshTasks, type SshHarness, type SshHarnessOptions } from "./sshHarness";

/** A command of some shape that runs, as seen from outside. */
export interface RunningShape {
  readonly id: string;
  readonly marker: string;
  /** What must never be written. */
  readonly canary: string;
  /** What grows as long as it lives, if its shape beats. */
  readonly heartbeat: string;
}

/** Hosts for cancels, whose task folders and canaries lie where a test can look at them. */
export interface CancelHarness {
  readonly ssh: SshHarness;
  /** The text that starts a shape on this host. */
  readonly commandOf: (shape: CancelShape, marker: string) => string;
  /** Starts a shape, waits until all of it is seen from outside, and leaves nothing of it behind. */
  readonly withShape: (
    shape: CancelShape,
    use: (running: RunningShape) => Promise<void>,
  ) => Promise<void>;
  /** The task folders that the host still has. */
  readonly folders: () => readonly string[];
  /** What the host has for $XDG_STATE_HOME. */
  readonly state: string;
  /** Resolves once a cancel has signalled the first process of a task. */
  readonly beginsToEnd: (taskId: string) => Promise<unknown>;
  /** The live processes of its sessions, whoever started them, but for those that cleared their environment. */
  readonly processes: () => readonly ProcessInfo[];
  /** Waits until every canary would have been written, and names those that were. */
  readonly canaries: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

export interface CancelHarnessOptions extends SshHarnessOptions {
  /** Makes a text for /bin/sh one for the login shell. */
  readonly wrap?: (command: string, shape: CancelShape) => string;
}

/** A harness on a real host. */
export async function createCancelHarness({
  wrap = (command) => command,
  ...options
}: CancelHarnessOptions): Promise<CancelHarness> {
  const dir = mkdtempSync(join(tmpdir(), "cancel-"));
  chmodSync(dir, 0o755);
  for (const name of ["state", "canaries", "heartbeats"]) {
    mkdirSync(join(dir, name));
    chmodSync(join(dir, name), 0o1777); // whoever logs in writes there
  }
  const environment = { XDG_STATE_HOME: join(dir, "state"), ...options.environment };
  const ssh = await createSshTasks({ ...options, environment });
  const folders = (): readonly string[] => {
    const place = join(dir, "state", "ssh-tasks");
    return existsSync(place) ? readdirSync(place) : [];
  };
  let latest = 0;
  const commandOf = (shape: CancelShape, marker: string): string => {
    const canary = join(dir, "canaries", marker);
    const heartbeat = join(dir, "heartbeats", marker);
    return wrap(fillShape(shape, { marker, canary, heartbeat }), shape);
  };
  return {
    ssh,
    commandOf,
    withShape: async (shape, use) => {
      const marker = uniqueMarker();
      try {
        const id = await ssh.startRunning(commandOf(shape, marker));
        const all = (): boolean => findProcesses(marker).length >= shape.sleeps;
        await eventually(`${shape.name} runs`, all);
        assert.ok(folders().includes(id), "its folder is where this looks for it");
        shape.before?.(marker);
        latest = Date.now();
        const canary = join(dir, "canaries", marker);
        const heartbeat = join(dir, "heartbeats", marker);
        if (shape.beats) await eventually("its heart beats", () => sizeOf(heartbeat) > 3);
        await use({ id, marker, canary, heartbeat });
      } finally {
        writeFileSync(join(dir, "heartbeats", `${marker}.stop`), "");
        await endMentions(marker);
      }
    },
    folders,
    state: environment.XDG_STATE_HOME,
    beginsToEnd: (taskId) => {
      const ending = join(dir, "state", "ssh-tasks", taskId, "ending");
      return eventually(`${taskId} is being ended`, () => existsSync(ending));
    },
    processes: () => findByEnvironment(`XDG_STATE_HOME=${environment.XDG_STATE_HOME}`),
    canaries: async () => {
      const due = latest + canarySeconds * 1000 + 500;
      await eventually("the canaries are due", () => Date.now() >= due, canarySeconds * 2000);
      return readdirSync(join(dir, "canaries"));
    },
    close: async () => {
      await ssh.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Every process that has the marker anywhere in its command line, our own shells among them. */
export function findMentions(marker: string): { pid: number; argv: readonly string[] }[] {
  return listProcesses().filter(({ argv }) => argv.some((word) => word.includes(marker)));
}

/** Checks what an outcome claims against what is seen from outside. */
export async function assertGone(outcome: CancelOutcome, running: RunningShape): Promise<void> {
  const survivors = findProcesses(running.marker);
  assert.deepEqual(survivors, []);
  assert.equal(outcome.task?.status, "cancelled");
  assert.equal(outcome.receipt?.verified, true);
  assert.deepEqual(outcome.receipt.left, []);
  assert.ok(outcome.receipt.processesFound > 0);
  assert.ok(!existsSync(running.canary), "the cancel came before the canary");
  const beats = sizeOf(running.heartbeat);
  // The scripts that waited for it quote it, and take a moment.
  const isUnmentioned = (): boolean => findMentions(running.marker).length === 0;
  await eventually("nothing mentions it any more", isUnmentioned, unmentionedMs);
  // What never stays is not seen by a look, but by what it does.
  if (beats > 0) await delay(200);
  assert.equal(sizeOf(running.heartbeat), beats);
}

/** How many bytes a file has; 0 when there is none. */
export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** Ends every such process. */
export async function endMentions(marker: string): Promise<void> {
  await eventually(`processes of marker ${marker} are gone`, () => {
    const alive = findMentions(marker);
    for (const { pid } of alive) kill(pid, "SIGKILL");
    return alive.length === 0;
  });
}
