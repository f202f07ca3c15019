import { once } from "node:events";
import type { Client, ClientChannel } from "ssh2";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { openSignedInClient } from "../../src/ssh/signedInClient";
import type { Cleanup } from "../support/cleanup";
import { createConnectParts, createLogger } from "../support/createTasks";
import type { Sshd } from "../support/sshd";

/** A connection of ssh2, opened as our own are, without any other part of us. */
export async function openClient(host: Sshd, cleanup: Cleanup): Promise<Client> {
  const { sshConfigFile, knownHostsFile } = host;
  const catalog = new SshHostCatalog(() => ({ sshConfigFile, knownHostsFile }), createLogger());
  const config = await catalog.findConfig(host.alias);
  if (!config) throw new Error(`The ssh config has no ${host.alias}`);
  const { client } = await openSignedInClient(config, createConnectParts());
  cleanup.add(() => client.end());
  return client;
}

/** Starts a command on it. */
export function openExec(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
}

/** Drops what the command prints, to its end. */
export async function closed(channel: ClientChannel): Promise<void> {
  channel.resume();
  channel.stderr.resume();
  await once(channel, "close");
}
