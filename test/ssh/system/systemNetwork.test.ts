import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { HostNames } from "../../../src/ssh/hostNames";
import type { OpenParts } from "../../../src/ssh/transports";
import { addressDenied } from "../../../src/tasks/taskError";
import { eventually } from "../../support/eventually";
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
    const controlPath = join(sshd.dir, "shared");
    const sharing = ["-F", host.configFile ?? "", "-M", "-S", controlPath, "-N", host.alias];
    const master = spawn("ssh", sharing, { stdio: "ignore" });
    after(() => master.kill());
    const shared = { ...host, controlPath };
    await eventually("it is shared", async () => (await ssh.open(shared)).hostAddress === "");

    const connection = await ssh.open(shared, ruled());
    assert.equal(connection.hostAddress, "127.0.0.1");
  });
});
