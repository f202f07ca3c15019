import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { RunRules } from "../tasks/runRules";
import { addressDenied } from "../tasks/taskError";

/** The addresses at which tasks may be started, as the network rules say at the moment. A cancel goes anywhere. */
export class AllowedAddresses {
  constructor(private readonly rules: Pick<RunRules, "whyAddressDenied"> | undefined) {}

  /** Those among the addresses of a host. Rejects with a TaskError, `addressDenied` when there are none. */
  async allowed(alias: string, found: readonly LookupAddress[]): Promise<LookupAddress[]> {
    const denied = await this.denied(found);
    const allowed = found.filter((_, index) => denied[index] === undefined);
    if (allowed.length > 0) return allowed;
    throw addressDenied(alias, noneAllowed);
  }

  /** @returns why there are none, undefined when there are. Rejects with a TaskError. */
  async whyNone(found: readonly LookupAddress[]): Promise<string | undefined> {
    const denied = await this.denied(found);
    return denied.includes(undefined) ? undefined : noneAllowed;
  }

  /**
   * Of a connection that is there, all of its hops, "" standing for one that a jump host alone knows. Rejects with a
   * TaskError, `addressDenied` when nothing may be started over it.
   */
  async require(alias: string, addresses: readonly string[]): Promise<void> {
    for (const address of addresses) {
      if ((await this.rules?.whyAddressDenied(address)) === undefined) continue;
      throw addressDenied(alias, address === "" ? behindJump : `peer IP ${address} not allowed`);
    }
  }

  /** Of a hop that a jump host connects to. Rejects likewise. */
  async requireHop(alias: string, hostName: string): Promise<void> {
    await this.require(alias, [isIP(hostName) === 0 ? "" : hostName]);
  }

  /** @returns why nothing may be started on hosts behind a jump host, undefined when it may. Rejects with a TaskError. */
  async whyNotThrough(
    later: readonly { readonly hostName: string }[],
  ): Promise<string | undefined> {
    for (const { hostName } of later) {
      const address = isIP(hostName) === 0 ? "" : hostName;
      if ((await this.rules?.whyAddressDenied(address)) === undefined) continue;
      return address === "" ? behindJump : `peer IP ${address} not allowed`;
    }
    return undefined;
  }

  private async denied(found: readonly LookupAddress[]): Promise<(string | undefined)[]> {
    return Promise.all(found.map(async ({ address }) => this.rules?.whyAddressDenied(address)));
  }
}

const behindJump =
  "a host behind a jump host is named by a name, and only the jump host knows its address; name it by its address";
/** The sentence that clients know. */
const noneAllowed = "No resolved IPs allowed by policy.network";
