import type { ConsentAsker } from "./consent";
import type { HostInfo, TaggedHost } from "./remoteHost";

/** What an agent wants to run. */
export interface RunRequest {
  readonly host: HostInfo;
  readonly command: string;
  /** Seconds it may take, as the agent said them; undefined where it said nothing. */
  readonly maxSeconds: number | undefined;
  /** Who asks, as it calls itself. */
  readonly client: `agent:${string}`;
  /** Names the client's session in what is recorded; no secret. */
  readonly session: string;
  /** Aborted when it asks no more. */
  readonly takenBack: AbortSignal;
  /** How the person behind the client can be asked, where that can be done. */
  readonly asker: ConsentAsker | undefined;
}

/** Why a command does not run, in the fields that clients know. */
export interface Denial {
  readonly reason: "policy" | "network" | "consent";
  readonly detail?: string;
  readonly denied_command?: string;
  readonly hint: string;
}

/** What would become of a command, in the fields that clients know. */
export interface Plan {
  readonly allowed: boolean;
  /** Whether the person would be asked first. */
  readonly asks: boolean;
  readonly limits: object;
  readonly why?: string;
  readonly denied_command?: string;
  readonly hint?: string;
  /** What decides: a rule of the policy, a grant, a default. */
  readonly rule?: string;
}

/** Whether agents may start a command. A cancel asks nobody. */
export interface RunGate {
  /** Resolves when it may run, or with why not; perhaps only once the person has been asked. Never rejects. */
  admit(request: RunRequest): Promise<Denial | undefined>;
  /** Contacts no host, but may have its name resolved. Never rejects. */
  plan(request: Omit<RunRequest, "client" | "takenBack">): Promise<Plan>;
  /** What is allowed on a host, as `limits`, `policy_probes` and `network`. Never rejects. */
  capabilities(host: HostInfo): Promise<object>;
  /**
   * Bytes of output that one result about a host's tasks may hold; undefined for no bound of its own. The host is looked for
   * only where it matters. Never rejects.
   */
  maxResultBytes(findHost: () => Promise<TaggedHost | undefined>): Promise<number | undefined>;
  /** Reads anew what it decides by. Rejects with a TaskError that says why that can't be used. */
  reload(): Promise<void>;
}
