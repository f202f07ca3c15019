import { TaskError } from "../../tasks/taskError";
import { defineTool, readsOnly } from "../defineTool";
import { sanitizeError } from "../sanitizeError";
import { answer } from "../toolResult";

export const sshReloadConfig = defineTool({
  name: "ssh_reload_config",
  title: "Reload SSH Configuration",
  description:
    "Reads the user's hosts and policy anew and says whether they can be used. They are followed anyway: call it after the " +
    "user has changed something.",
  annotations: readsOnly,
  params: {},
  errorPrefix: "Reload error",
  async handle(_args, { catalog, gate, log }) {
    try {
      await catalog.listHosts();
      await gate.reload();
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      const told = sanitizeError(error.message);
      log.event("debug", "ssh_reload_config_error", { error: told });
      return answer({ status: "error", error: told }, true);
    }
    log.event("info", "ssh_reload_config", { status: "reloaded" });
    return answer({ status: "reloaded" });
  },
});
