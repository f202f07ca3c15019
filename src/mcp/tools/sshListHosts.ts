import { defineTool, readsOnly } from "../defineTool";
import { answer } from "../toolResult";

export const sshListHosts = defineTool({
  name: "ssh_list_hosts",
  title: "List SSH Hosts",
  description:
    "Lists the aliases of the hosts that commands can run on. For the details of one use ssh_describe_host.",
  annotations: readsOnly,
  params: {},
  errorPrefix: "Error",
  async handle(_args, { catalog }) {
    const hosts = await catalog.listHosts();
    return answer({ hosts: hosts.map((host) => host.alias) });
  },
});
