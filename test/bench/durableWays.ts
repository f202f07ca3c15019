import { once } from "node:events";
import { randomBytes } from "node:crypto";
import type { RemoteTask } from "../../src/tasks/remoteHost";
import { createLaunch } from "../support/launches";
import { allForgotten, type DurableBed } from "./durableBed";
import { closed, openExec } from "./ssh2Client";

type OnOutput = (bytes: Buffer) => void;

/** A way to run a command on a host. */
export interface Way {
  /** Resolves when its end is known. */
  run(command: string, onOutput: OnOutput): Promise<void>;
  /** Has the host forget what was run, which is not measured with it. */
  forget(): Promise<void>;
}

export interface StartedTask {
  readonly taskId: string;
  readonly remote: RemoteTask;
}

/** A plain exec over one connection of ssh2. */
export function execWay({ client }: Pick<DurableBed, "client">): Way {
  return {
    async run(command, onOutput) {
      const channel = await openExec(client, command);
      channel.on("data", onOutput);
      await closed(channel);
    },
    forget: () => Promise.resolve(),
  };
}

/** The OpenSSH client over its one connection. */
export function openSshWay({ ssh }: Pick<DurableBed, "ssh">): Way {
  return {
    async run(command, onOutput) {
      const child = ssh.open(command);
      child.stdout.on("data", onOutput);
      await once(child, "close");
    },
    forget: () => Promise.resolve(),
  };
}

/** A durable task for each. */
export function durableWay(bed: Pick<DurableBed, "host" | "remote">): Way {
  const ended: RemoteTask[] = [];
  return {
    async run(command, onOutput) {
      const { remote } = startDurable(bed, command, onOutput);
      await exited(remote);
      ended.push(remote);
    },
    async forget() {
      for (const remote of ended.splice(0)) remote.forget();
      await allForgotten(bed.host);
    },
  };
}

/** Starts a durable task. */
export function startDurable(
  { host, remote }: Pick<DurableBed, "host" | "remote">,
  command: string,
  onOutput: OnOutput,
): StartedTask {
  const taskId = `${host.alias}:${randomBytes(8).toString("hex")}:1`;
  const launch = { taskId, command, durable: true };
  const sink = (_: unknown, bytes: Buffer): void => onOutput(bytes);
  return { taskId, remote: remote.start(createLaunch({ ...launch, onOutput: sink })) };
}

/** Resolves once the end of a task is known; rejects when it is not a good one, or was not durable. */
export async function exited(remote: RemoteTask): Promise<void> {
  const end = await remote.ended;
  const process = await remote.started;
  if (end.kind !== "exited" || end.exitCode !== 0 || process?.durable !== true)
    throw new Error(`A task went wrong: ${JSON.stringify({ end, process })}`);
}
