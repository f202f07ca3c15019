import { readFile } from "node:fs/promises";
import type { Logger } from "../tasks/logger";
import type { TaskError } from "../tasks/taskError";
import { asError } from "../tasks/taskError";
import {
  fingerprint,
  KnownHosts,
  knownHostsName,
  keyType,
  type HostKeyVerdict,
} from "./knownHosts";
import type { SshHostConfig } from "./hostConfig";
import { addKnownHost } from "./addKnownHost";
import type { Secrets } from "./secrets";
import { hostKeyChanged, hostKeyRevoked, hostKeyUnknown, type OfferedKey } from "./sshErrors";
import { visible } from "../tasks/visibleText";

/** Host key algorithms per key type, as OpenSSH 9 has them by default; SHA-1 signatures are not among them. */
const algorithmsOfType: Readonly<Record<string, readonly string[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/** Who can say that a key is to be trusted which nobody has seen before. */
export interface KeyTrust {
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  readonly onAsking: (asking: boolean) => void;
}

/**
 * The strict check of a host's key: only a key is accepted that known_hosts lists for the host, or that the person trusts
 * where none is listed. A key that differs from the listed one is never a question.
 */
export class HostKeyCheck {
  /** Why the last key was refused. */
  refusal: TaskError | undefined;
  /** What was accepted, in words. */
  found = "";
  private accepted: Buffer | undefined;

  private constructor(
    private readonly host: SshHostConfig,
    private readonly known: KnownHosts,
    private readonly logger: Logger,
    private readonly trust: KeyTrust | undefined,
  ) {}

  static async read(host: SshHostConfig, logger: Logger, trust?: KeyTrust): Promise<HostKeyCheck> {
    const known = new KnownHosts();
    for (const file of [...host.userKnownHostsFiles, ...host.globalKnownHostsFiles]) {
      try {
        known.add(await readFile(file, "utf8"), file);
      } catch (error) {
        // A file that is not there is the usual case; one that can't be read leads to a refusal, and the log says why.
        logger.debug(`${file} is not used: ${asError(error).message}`);
      }
    }
    return new HostKeyCheck(host, known, logger, trust);
  }

  /** Algorithms to offer, those of known keys first, and otherwise in the order of OpenSSH, whatever that of the lines. */
  get algorithms(): string[] {
    const types = Object.keys(algorithmsOfType);
    const known = this.names
      .map((name) => this.known.keyTypes(name))
      .find(({ length }) => length > 0);
    const ordered = [...types.filter((type) => known?.includes(type)), ...types];
    return [...new Set(ordered.flatMap((type) => algorithmsOfType[type] ?? []))];
  }

  /** Whether to go on with the host; asked again on every rekey, where only the same key will do. */
  async verify(key: Buffer): Promise<boolean> {
    if (this.accepted) return this.accepted.equals(key);
    const [name = "", ...lesser] = this.names;
    const verdict = this.judge(name, lesser, key);
    const offered = { name, type: visible(keyType(key)), fingerprint: fingerprint(key) };
    switch (verdict.kind) {
      case "known":
        this.log(`its key ${describe(offered)} is in ${verdict.where}`);
        return this.accept(key, `known, ${describe(offered)}`);
      case "unknown":
        if (await this.isTrusted(key, offered)) {
          this.log(`its key ${describe(offered)} is trusted by the person`);
          return this.accept(key, `trusted by you, ${describe(offered)}`);
        }
        this.log(`its key ${describe(offered)} is not known`);
        this.refusal = hostKeyUnknown(this.host.alias, offered);
        return false;
      case "changed":
        this.log(`its key ${describe(offered)} is not that in ${verdict.where}`);
        this.refusal = hostKeyChanged(this.host.alias, offered, verdict);
        return false;
      case "revoked":
        this.log(`its key ${describe(offered)} is revoked in ${verdict.where}`);
        this.refusal = hostKeyRevoked(this.host.alias, offered, verdict.where);
        return false;
    }
  }

  private log(text: string): void {
    this.logger.debug(`${this.host.alias}: ${text}`);
  }

  private accept(key: Buffer, found: string): true {
    this.accepted = key;
    this.found = found;
    return true;
  }

  /** Asks the person, unless the config wants no key added (ssh_config(5), StrictHostKeyChecking). Never weaker than that. */
  private async isTrusted(key: Buffer, offered: OfferedKey): Promise<boolean> {
    const { alias, strictHostKeyChecking, userKnownHostsFiles } = this.host;
    const [file] = userKnownHostsFiles;
    if (!this.trust?.secrets.canAsk || strictHostKeyChecking === "yes" || file === undefined)
      return false;
    // What a server calls its key becomes a word of known_hosts: nothing but a type that there is.
    if (!Object.hasOwn(algorithmsOfType, keyType(key))) return false;
    const { onAsking, secrets, signal } = this.trust;
    onAsking(true);
    try {
      const answer = await secrets.trustHostKey({ alias, ...offered, file }, signal);
      if (answer === "always") await this.remember(file, offered.name, key);
      return answer !== undefined;
    } finally {
      onAsking(false);
    }
  }

  /** What can't be written down is asked again. */
  private async remember(file: string, name: string, key: Buffer): Promise<void> {
    try {
      await addKnownHost(file, { name, key, hashed: this.host.hashKnownHosts === true });
    } catch (error) {
      this.logger.warn(`${file} can't be added to: ${asError(error).message}`);
    }
  }

  /** What is known under a lesser name counts where nothing is under the first, except for a key that differs. */
  private judge(name: string, lesser: readonly string[], key: Buffer): HostKeyVerdict {
    const verdict = this.known.check(name, key);
    if (verdict.kind !== "unknown") return verdict;
    const others = lesser.map((other) => this.known.check(other, key));
    return others.find(({ kind }) => kind === "known" || kind === "revoked") ?? verdict;
  }

  /** As OpenSSH has it, a line without a port counts for every port of the host. */
  private get names(): string[] {
    const { hostKeyAlias, hostName, port } = this.host;
    if (hostKeyAlias !== undefined) return [hostKeyAlias.toLowerCase()];
    return [...new Set([knownHostsName(hostName, port), knownHostsName(hostName, 22)])];
  }
}

function describe({ type, fingerprint }: OfferedKey): string {
  return `${type} ${fingerprint}`;
}
