import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { HostNames } from "../../../src/ssh/hostNames";
import type { OpenParts } from "../../../src/ssh/transports";
import { addressDenied } from "../../../src/tasks/taskError";
import { SystemSsh } from "../../support/systemSsh";

class TwoAddresses extends HostNames {
  override resolve() {
    return Promise.resolve(["127.0.0.1", "10.0.0.1"].map((address) => ({ address, family: 4 })));
  }
}

describe("network rules over the system's ssh", { timeout: 60_000 }, () => {
  const ssh = new SystemSsh();
  after(() => ssh.close());

  /** Where an address of loopback alone is allowed. */
  const ruled = (changes: Partial<OpenParts> = {}): OpenParts => ({
    ...ssh.parts(),
    allowed: (found) => Promise.resolve(found.filter(({ address }) => address === "127.0.0.1")),
    allowedHop: (name) =>
      name === "127.0.0.1" ? Promise.resolve() : Promise.reject(addressDenied("testhost", "no")),
    ...changes,
  });

  it("let ssh go where every address of the name is allowed", async () => {
    const { host } = await ssh.serve();

    await ssh.connect(host, ruled());
    await assert.rejects(ssh.connect(host, ruled({ names: new TwoAddresses() })), {
      code: "addressDenied",
      message: /several addresses/,
    });
  });

  it("let it go nowhere by a ProxyCommand or a shared connection, and it is not even started", async () => {
    const { sshd, host } = await ssh.serve();
    const proxied = await ssh.configure(sshd, ["ProxyCommand touch %d/never"]);

    await assert.rejects(ssh.open(proxied, ruled()), { code: "addressDenied" });
    // A socket that is none: it would be refused otherwise, and not passed over.
    const connection = await ssh.open({ ...host, controlPath: sshd.knownHostsFile }, ruled());
    assert.equal(connection.hostAddress, "127.0.0.1");
  });
});
