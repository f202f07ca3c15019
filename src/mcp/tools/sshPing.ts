import { defineTool, readsOnly } from "../defineTool";
import { answer } from "../toolResult";

export const sshPing = defineTool({
  name: "ssh_ping",
  title: "Ping SSH Tasks",
  description:
    "Says whether this server answers. It contacts no host: to see whether a host can be reached, run a command on it.",
  annotations: readsOnly,
  params: {},
  errorPrefix: "Error",
  handle: () => answer({ status: "pong" }),
});
