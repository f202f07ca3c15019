import { connect } from "node:net";
import { agentSeconds, agentSocketOf } from "../agentSocket";
import type { SshHostConfig } from "../hostConfig";

/** SSH_AGENTC_REQUEST_IDENTITIES (draft-miller-ssh-agent, section 5.1), behind its length. */
const listKeys = Buffer.from([0, 0, 0, 1, 11]);

/** Whether the agent that ssh would ask takes the question and does not answer: ssh would wait for it for ever. Never rejects. */
export function agentHangs(host: SshHostConfig): Promise<boolean> {
  const path = agentSocketOf(host, process.env["SSH_AUTH_SOCK"]);
  if (path === undefined || path === "") return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (hangs: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(hangs);
    };
    const timer = setTimeout(() => settle(true), agentSeconds * 1000);
    socket.on("error", () => settle(false));
    socket.on("close", () => settle(false));
    socket.on("data", () => settle(false));
    socket.write(listKeys);
  });
}
