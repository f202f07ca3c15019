import type { RemoteEnd } from "../tasks/remoteHost";
import { TaskError } from "../tasks/taskError";

/** How a durable task ended, from the words of durable.pl behind `end ID`, and whether it may have left processes behind. */
export function durableEnd(
  alias: string,
  [kind, code = "", left, by]: readonly string[],
): { readonly end: RemoteEnd; readonly left: boolean } {
  return { end: endOf(alias, kind, code, by), left: left === "left" };
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
