import { systemClock, within } from "../tasks/clock";
import type { HostProcess, RemoteEnd } from "../tasks/remoteHost";
import { TaskError } from "../tasks/taskError";
import { filesExhausted, noPlace } from "./sshErrors";

/** What counting the processes that a main one left may take. */
const countMs = 2000;

/** Why the host did not start a task, from the same words as `durableEnd`; undefined when they say something else. */
export function startRefusal(alias: string, [kind]: readonly string[]): TaskError | undefined {
  switch (kind) {
    case "nofolder":
      return noPlace(alias);
    case "nodescriptor":
      return filesExhausted(alias);
    default:
      return undefined;
  }
}

/**
 * How a durable task ended, from the words of durable.pl behind `end ID`, with the count of what it left behind where the
 * host can list that in time. Never rejects.
 */
export async function durableEnd(
  alias: string,
  [kind, code = "", left, by]: readonly string[],
  list: () => Promise<readonly HostProcess[]>,
): Promise<RemoteEnd> {
  const end = endOf(alias, kind, code, by);
  if (end.kind !== "exited" || left !== "left") return end;
  const listed = list().catch(() => undefined);
  const processes = await within(systemClock, countMs, listed);
  return processes ? { ...end, leftRunning: processes.length } : end;
}

function endOf(alias: string, kind = "", code: string, by: string | undefined): RemoteEnd {
  const failure = (message: string) => new TaskError("taskLost", `${message} on ${alias}.`);
  switch (kind) {
    case "exited":
      return { kind, exitCode: Number(code), ...(by === "timeout" && { timedOut: true }) };
    case "never":
      return { kind: "neverRan" };
    case "rebooted":
      return {
        kind: "gone",
        error: failure("The host was started anew, which ended the task"),
      };
    case "missing":
      return {
        kind: "lost",
        error: failure("Nothing is known of the task any more, as its folder is gone"),
      };
    default:
      return {
        kind: "lost",
        error: failure("What waited for the task's end was killed, so its end was not seen"),
      };
  }
}
