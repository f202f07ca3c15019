import type { LookupAddress } from "node:dns";
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

  /** Of a connection that is there. Rejects with a TaskError, `addressDenied` when nothing may be started over it. */
  async require(alias: string, address: string): Promise<void> {
    if ((await this.rules?.whyAddressDenied(address)) === undefined) return;
    throw addressDenied(alias, `peer IP ${address} not allowed`);
  }

  private async denied(found: readonly LookupAddress[]): Promise<(string | undefined)[]> {
    return Promise.all(found.map(async ({ address }) => this.rules?.whyAddressDenied(address)));
  }
}

/** The sentence that clients know. */
const noneAllowed = "No resolved IPs allowed by policy.network";
