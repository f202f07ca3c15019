import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/**
 * Resolves names as the system does. A name that several wait for is asked for once: the system's resolver works on few
 * names at a time (libuv's slow I/O), and one that hangs would take the places of others.
 */
export class HostNames {
  private readonly underWay = new Map<string, Promise<LookupAddress[]>>();

  /** @returns every address of the name, in the system's order. Rejects as `dns.lookup` does. */
  resolve(name: string): Promise<LookupAddress[]> {
    const family = isIP(name);
    if (family !== 0) return Promise.resolve([{ address: name, family }]);
    let asking = this.underWay.get(name);
    if (!asking) {
      asking = lookup(name, { all: true }).finally(() => this.underWay.delete(name));
      this.underWay.set(name, asking);
    }
    return asking;
  }
}
