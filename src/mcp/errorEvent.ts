import { hashCommand } from "../tasks/taskId";
import { strip } from "../tasks/taskRequest";
import type { ClientLog } from "./clientLog";

const ofTask = ["task_id"];

/** The arguments that say what a call was about, as clients know them; of failures of other tools nothing is told. */
const told: Readonly<Record<string, readonly string[]>> = {
  ssh_run: ["alias", "command"],
  ssh_run_on_tag: ["tag"],
  ssh_cancel: ofTask,
  ssh_cancel_async_task: ofTask,
  ssh_get_task_status: ofTask,
  ssh_get_task_output: ofTask,
  ssh_get_task_result: ofTask,
};

/** Tells the client that a call failed, as `TOOL_error` at level debug. A command is told by its hash only. */
export function tellFailure(tool: string, args: unknown, error: string, log: ClientLog): void {
  const names = told[tool];
  if (!names) return;
  const values = new Map(Object.entries(args ?? {}));
  const fields = names.map((name): [string, string] => {
    const value = strip(String(values.get(name) ?? ""));
    return name === "command" ? ["hash", hashCommand(value)] : [name, value];
  });
  log.event("debug", `${tool}_error`, { ...Object.fromEntries(fields), error });
}
