import type { Disposable } from "../tasks/lifecycle";
import type { Limits } from "../tasks/limits";
import { TaskError } from "../tasks/taskError";
import type { Transport } from "../tasks/transport";
import type { SshHostConfig } from "./hostConfig";
import type { HostConnection } from "./hostConnection";
import type { ConnectParts } from "./signedInClient";
import { noRuntimeFolder, systemUnsupported } from "./sshErrors";
import type { RuntimeFolder, SystemConnectParts } from "./system/systemConnection";
import { StepReporter } from "./stepReporter";
import { hasMoreToOffer, whySystem } from "./whySystem";

export interface OpenParts extends ConnectParts {
  readonly limits: ConnectParts["limits"] & Pick<Limits, "channelSeconds">;
  /** Not over a connection that others have opened, as that may be stuck. */
  readonly fresh: boolean;
}

/** Opens connections by the one or the other transport. */
export class Transports implements Disposable {
  /** Hosts, by all that is known of them, that ssh2 has failed at and ssh has not. */
  private readonly onlyBySystem = new Set<string>();
  private folder: Promise<RuntimeFolder> | undefined;

  constructor(private readonly setting: () => Transport) {}

  /** A connection to the host, signed in. Rejects with a TaskError that says which step failed. */
  async open(host: SshHostConfig, parts: OpenParts): Promise<HostConnection> {
    switch (this.setting()) {
      case "ssh":
        return this.openSystem(host, parts);
      case "ssh2":
        return openSsh2(host, parts);
      case "auto":
        return (await this.findShared(host, parts)) ?? this.openEither(host, parts);
    }
  }

  dispose(): void {
    this.folder?.then(
      (folder) => folder.dispose(),
      () => undefined, // there is none
    );
  }

  private async openEither(host: SshHostConfig, parts: OpenParts): Promise<HostConnection> {
    const key = JSON.stringify(host);
    const why = this.onlyBySystem.has(key) ? "ssh2 has failed before" : await whySystem(host);
    if (why !== undefined) {
      parts.logger.debug(`${host.alias} is reached by the system's ssh: ${why}`);
      return this.openSystem(host, parts);
    }
    try {
      return await openSsh2(host, parts);
    } catch (error) {
      if (!(await mayFareBetter(error, host, parts))) throw error;
      parts.logger.debug(`${host.alias}: ssh2 has failed, the system's ssh is tried`);
      const connection = await this.openSystem(host, parts).catch((second: unknown) => {
        throw moreUseful(error, second);
      });
      this.onlyBySystem.add(key);
      return connection;
    }
  }

  /** A connection that the person has opened, and shares. */
  private async findShared(
    host: SshHostConfig,
    parts: OpenParts,
  ): Promise<HostConnection | undefined> {
    if (host.controlPath === undefined || parts.fresh || process.platform === "win32")
      return undefined;
    // Where it leads nobody knows, so network rules allow none.
    const allowed = await parts.allowedHop?.("").then(
      () => true,
      () => false,
    );
    if (allowed === false) return undefined;
    const { SystemConnection } = await import("./system/systemConnection");
    return SystemConnection.find(host, await this.systemParts(host, parts));
  }

  private async openSystem(host: SshHostConfig, parts: OpenParts): Promise<HostConnection> {
    if (process.platform === "win32") throw systemUnsupported(host.alias);
    const { SystemConnection } = await import("./system/systemConnection");
    // Of all that ssh does until then it says nothing.
    const steps = new StepReporter(host.alias, parts.onStep);
    steps.begin("signIn");
    const connection = await SystemConnection.open(host, await this.systemParts(host, parts));
    steps.pass("by the system's ssh");
    return connection;
  }

  private async systemParts(
    { alias }: SshHostConfig,
    parts: OpenParts,
  ): Promise<SystemConnectParts> {
    const { RuntimeFolder } = await import("./system/systemConnection");
    this.folder ??= RuntimeFolder.create();
    try {
      return { ...parts, folder: await this.folder };
    } catch (error) {
      this.folder = undefined;
      throw noRuntimeFolder(alias, error);
    }
  }
}

async function openSsh2(host: SshHostConfig, parts: OpenParts): Promise<HostConnection> {
  // ssh2 takes a while to load: that is for the first connection to wait for, not for the editor's start.
  const { SshConnection } = await import("./sshConnection");
  return SshConnection.open(host, parts);
}

async function mayFareBetter(
  error: unknown,
  host: SshHostConfig,
  { agentSocket }: OpenParts,
): Promise<boolean> {
  if (!(error instanceof TaskError) || process.platform === "win32") return false;
  if (error.code === "noCommonAlgorithm") return true;
  return error.code === "signInFailed" && hasMoreToOffer(host, agentSocket);
}

/** Of the failures of both: whichever says what to do. */
function moreUseful(first: unknown, second: unknown): unknown {
  if (!(first instanceof TaskError && second instanceof TaskError)) return second;
  if (second.code === "sshMissing") return first;
  // ssh says what the server can do.
  if (first.code === "noCommonAlgorithm") return second;
  // Of two refusals the first says what was tried; a host that ssh waits for in vain has answered a moment before.
  return ["signInGivenUp", "hostKeyUnknown", "hostKeyChanged", "hostKeyRevoked"].includes(
    second.code,
  )
    ? second
    : first;
}
