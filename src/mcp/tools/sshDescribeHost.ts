import { hostNotFound } from "../../tasks/taskError";
import { checkAlias } from "../../tasks/taskRequest";
import { defineTool, readsOnly } from "../defineTool";
import { aliasParam } from "../toolParams";
import { answer } from "../toolResult";

export const sshDescribeHost = defineTool({
  name: "ssh_describe_host",
  title: "Describe SSH Host",
  description:
    "Gives address, port, user, tags and description of one host as configured. It does not contact the host.",
  annotations: readsOnly,
  params: { alias: aliasParam },
  errorPrefix: "Error",
  async handle(args, { catalog }) {
    const alias = checkAlias(args.alias);
    const host = await catalog.findHost(alias);
    if (!host) throw hostNotFound(alias);
    const { hostName, port, user, tags, description } = host;
    return answer({ alias: host.alias, host: hostName, port, user, tags, description });
  },
});
