import { readFile } from "node:fs/promises";
import type { Logger } from "../tasks/logger";
import type { TaskError } from "../tasks/taskError";
import { asError } from "../tasks/taskError";
import { fingerprint, KnownHosts, knownHostsName, keyType } from "./knownHosts";
import type { SshHostConfig } from "./sshConfigFile";
import { hostKeyChanged, hostKeyRevoked, hostKeyUnknown } from "./sshErrors";
import { visible } from "./visibleText";

/** Host key algorithms per key type, as OpenSSH 9 has them by default; SHA-1 signatures are not among them. */
const algorithmsOfType: Readonly<Record<string, readonly string[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/** The strict check of a host's key: only a key that known_hosts lists for the host is accepted. */
export class HostKeyCheck {
  /** Why the last key was refused. */
  refusal: TaskError | undefined;
  private accepted: Buffer | undefined;

  private constructor(
    private readonly host: SshHostConfig,
    private readonly known: KnownHosts,
  ) {}

  static async read(host: SshHostConfig, logger: Logger): Promise<HostKeyCheck> {
    const known = new KnownHosts();
    for (const file of [...host.userKnownHostsFiles, ...host.globalKnownHostsFiles]) {
      try {
        known.add(await readFile(file, "utf8"), file);
      } catch (error) {
        // A file that is not there is the usual case; one that can't be read leads to a refusal, and the log says why.
        logger.debug(`${file} is not used: ${asError(error).message}`);
      }
    }
    return new HostKeyCheck(host, known);
  }

  /** Algorithms to offer, those of known keys first. */
  get algorithms(): string[] {
    const types = [...this.known.keyTypes(this.name), ...Object.keys(algorithmsOfType)];
    return [...new Set(types.flatMap((type) => algorithmsOfType[type] ?? []))];
  }

  /** Whether to go on with the host; asked again on every rekey, where only the same key will do. */
  verify(key: Buffer): boolean {
    if (this.accepted) return this.accepted.equals(key);
    const verdict = this.known.check(this.name, key);
    const offered = { name: this.name, type: visible(keyType(key)), fingerprint: fingerprint(key) };
    switch (verdict.kind) {
      case "known":
        this.accepted = key;
        return true;
      case "unknown":
        this.refusal = hostKeyUnknown(this.host.alias, offered);
        return false;
      case "changed":
        this.refusal = hostKeyChanged(this.host.alias, offered, verdict);
        return false;
      case "revoked":
        this.refusal = hostKeyRevoked(this.host.alias, offered, verdict.where);
        return false;
    }
  }

  private get name(): string {
    const { hostKeyAlias, hostName, port } = this.host;
    return hostKeyAlias?.toLowerCase() ?? knownHostsName(hostName, port);
  }
}
