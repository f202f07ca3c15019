import type { RemoteHost } from "../../src/tasks/remoteHost";
import { allForgotten, type DurableBed } from "./durableBed";
import { exited, startDurable, type StartedTask } from "./durableWays";
import { interleave, median } from "./measure";
import { digits, table, times, verdict } from "./report";
import { closed, openExec } from "./ssh2Client";

const rounds = 5;
const outputMiB = 256;
const outputBytes = outputMiB * 1024 * 1024;
const minRatio = 0.5;
/** The task that lives on ends by itself should nobody come to it. */
const livesSeconds = 300;
const comesWithinMs = 60_000;

/** How fast the output of a task comes that is taken up again from its beginning, beside the same file by `cat`. */
export async function measureAgain(bed: DurableBed): Promise<string> {
  const flood = `yes ${"x".repeat(99)} | head -c ${outputBytes}`;
  const ended = await startFlood(bed, flood);
  await exited(ended.remote);
  const alive = await startFlood(bed, `${flood}; exec sleep ${livesSeconds}`);
  alive.remote.release();
  const cat = `cat ${bed.host.folderOf(ended.taskId)}/out`;
  const all = await interleave(rounds, {
    ssh: () => bed.ssh.run(cat),
    ssh2: async () => closed(await openExec(bed.client, cat)),
    ended: () => takeUp(bed.remote, ended, { hasEnded: true }),
    alive: () => takeUp(bed.remote, alive, { hasEnded: false }),
  });
  await endBoth(bed, ended, alive);
  const rate = (values: readonly number[]): number => (outputMiB * 1000) / median(values);
  const theirs = rate(all.ssh);
  const row = (what: string, values: readonly number[], isOurs: boolean): string[] => {
    const ratio = rate(values) / theirs;
    const target = isOurs ? verdict(`≥ ${minRatio} ×`, ratio >= minRatio) : "";
    return [what, digits(rate(values)), times(ratio), target];
  };
  return table(
    [`${outputMiB} MiB that a task has printed`, "MiB/s", "to OpenSSH's", "target"],
    [
      row("`ssh host cat FILE`, ControlMaster", all.ssh, false),
      row("the same over ssh2 alone", all.ssh2, false),
      row("taken up again, the task has ended: to its end", all.ended, true),
      row("taken up again, the task is alive: to the last byte", all.alive, true),
    ],
  );
}

/** Resolves once all of its output has come. */
async function startFlood(bed: DurableBed, command: string): Promise<StartedTask> {
  const arrival = countBytes();
  const task = startDurable(bed, command, arrival.onBytes);
  await arrival.complete;
  return task;
}

/** Follows a task from its beginning on as another window would, until all has come; where it has ended, until that has. */
async function takeUp(
  host: RemoteHost,
  { taskId, remote }: StartedTask,
  { hasEnded }: { readonly hasEnded: boolean },
): Promise<void> {
  const process = await remote.started;
  const arrival = countBytes();
  const again = host.adopt({
    taskId,
    process,
    follow: true,
    from: { stdout: 0, stderr: 0 },
    onOutput: (_, bytes) => arrival.onBytes(bytes),
    onGap: (stream) => arrival.onGap(stream),
    onLink: () => undefined,
  });
  await arrival.complete;
  if (hasEnded) await again.ended;
  again.release();
}

interface Arrival {
  readonly onBytes: (bytes: Buffer) => void;
  readonly onGap: (stream: string) => void;
  /** Resolves with the last byte; rejects when that is late, or some are missing. */
  readonly complete: Promise<void>;
}

function countBytes(): Arrival {
  let left = outputBytes;
  let finish: (error?: Error) => void = () => undefined;
  const complete = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve());
  });
  const late = (): void => finish(new Error(`${left} bytes did not come`));
  const timer = setTimeout(late, comesWithinMs);
  return {
    onBytes: ({ length }) => {
      left -= length;
      if (left <= 0) finish();
    },
    onGap: (stream) => finish(new Error(`Some of ${stream} is gone`)),
    complete: complete.finally(() => clearTimeout(timer)),
  };
}

async function endBoth(bed: DurableBed, ended: StartedTask, alive: StartedTask): Promise<void> {
  ended.remote.forget();
  await alive.remote.cancel({ graceSeconds: 0, force: new AbortController().signal });
  alive.remote.forget();
  await allForgotten(bed.host);
}
