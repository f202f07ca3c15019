import { hashCommand } from "../../tasks/taskId";
import { hostNotFound } from "../../tasks/taskError";
import { checkAlias, checkCommand } from "../../tasks/taskRequest";
import { defineTool, readsOnly } from "../defineTool";
import { aliasParam, commandParam } from "../toolParams";
import { answer } from "../toolResult";

export const sshPlan = defineTool({
  name: "ssh_plan",
  title: "Plan SSH Command",
  description:
    "Says whether a command may run on a host, whether the user is asked first, and with which limits. Runs nothing and " +
    "contacts no host.",
  annotations: readsOnly,
  params: { alias: aliasParam, command: commandParam },
  errorPrefix: "Error",
  async handle(args, { asker, catalog, gate, session }) {
    const alias = checkAlias(args.alias);
    const command = checkCommand(args.command);
    const host = await catalog.findHost(alias);
    if (!host) throw hostNotFound(alias);
    const request = { host, command, maxSeconds: undefined, session, asker };
    const { allowed, limits, why, denied_command, hint, ...ours } = await gate.plan(request);
    const hash = hashCommand(command);
    return answer({ alias, command, hash, allowed, limits, why, denied_command, hint, ...ours });
  },
});
