import { execFile } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { agentSeconds, agentSocketOf } from "./agentSocket";
import type { SshHostConfig } from "./hostConfig";
import { KnownHosts, knownHostsName } from "./knownHosts";
import { hopsOf } from "./wayToHost";

/** Why only the system's ssh gets in to the host, as far as that is known beforehand; undefined where ssh2 may. Never rejects. */
export async function whySystem(host: SshHostConfig): Promise<string | undefined> {
  for (const hop of hopsOf(host)) {
    const why =
      (hop.proxyCommand !== undefined && "ProxyCommand") ||
      (hop.pkcs11Provider !== undefined && "PKCS11Provider") ||
      ((await hasCertificate(hop)) && "a certificate") ||
      ((await isCertified(hop)) && "@cert-authority in known_hosts");
    if (why) return why;
  }
  return undefined;
}

/** Whether we have what only the system's ssh can sign in with, where ssh2 has been refused. Never rejects. */
export async function hasMoreToOffer(
  host: SshHostConfig,
  agentSocket: string | undefined,
): Promise<boolean> {
  for (const hop of hopsOf(host)) {
    if (hop.gssapiAuthentication === true) return true;
    const texts = await Promise.all(hop.identityFiles.map((path) => readText(`${path}.pub`)));
    const held = await listAgent(agentSocketOf(hop, agentSocket));
    if ([...texts, held].some((text) => onlySystem.test(text))) return true;
  }
  return false;
}

/** Types of keys that a touch or a certificate belongs to (PROTOCOL.u2f and PROTOCOL.certkeys of OpenSSH). */
const onlySystem = /^(?:sk-\S+|\S+-cert-v01@openssh\.com) /m;

/** ssh(1), -i: beside each identity file its certificate is looked for. */
async function hasCertificate({ identityFiles, certificateFiles = [] }: SshHostConfig) {
  const paths = [...certificateFiles, ...identityFiles.map((path) => `${path}-cert.pub`)];
  const found = await Promise.all(paths.map(exists));
  return found.includes(true);
}

/** Whether an authority vouches for the host's key, and no line has the key itself. */
async function isCertified(host: SshHostConfig): Promise<boolean> {
  const known = new KnownHosts();
  for (const file of [...host.userKnownHostsFiles, ...host.globalKnownHostsFiles]) {
    known.add(await readText(file), file);
  }
  const { hostKeyAlias, hostName, port } = host;
  const name = hostKeyAlias?.toLowerCase() ?? knownHostsName(hostName, port);
  return known.hasAuthority(name) && known.keyTypes(name).length === 0;
}

/** A line a key, as in a `.pub` file; "" where there is no agent. */
function listAgent(socket: string | undefined): Promise<string> {
  if (socket === undefined) return Promise.resolve("");
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  return new Promise((resolve) => {
    execFile("ssh-add", ["-L"], { env, timeout: agentSeconds * 1000 }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
