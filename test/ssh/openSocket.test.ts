import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { AllowedAddresses } from "../../src/ssh/allowedAddresses";
import { HostNames } from "../../src/ssh/hostNames";
import { openSocket } from "../../src/ssh/openSocket";
import type { RunRules } from "../../src/tasks/runRules";

const first = "127.0.0.2";
const second = "127.0.0.3";

/** A name with two addresses, at both of which something listens. */
class TwoAddresses extends HostNames {
  override resolve(): Promise<LookupAddress[]> {
    return Promise.resolve([first, second].map((address) => ({ address, family: 4 })));
  }
}

async function createListeners(t: TestContext) {
  const accepted: (string | undefined)[] = [];
  let port = 0;
  for (const address of [first, second]) {
    const server = createServer((socket) => {
      accepted.push(socket.localAddress);
      socket.on("error", () => undefined);
    }).listen(port, address);
    t.after(() => server.close());
    await once(server, "listening");
    const bound = server.address();
    if (bound !== null && typeof bound === "object") port = bound.port;
  }
  const open = async (allowed?: (found: LookupAddress[]) => Promise<LookupAddress[]>) => {
    const where = { hostName: "two.example", port, target: "dev@two.example", seconds: 5 };
    const socket = await openSocket({ ...where, allowed }, new TwoAddresses());
    t.after(() => socket.destroy());
    return socket.remoteAddress;
  };
  return { accepted, open };
}

/** Rules that deny these. */
function denying(...denied: readonly string[]): Pick<RunRules, "whyAddressDenied"> {
  const why = (address: string) => (denied.includes(address) ? "denied" : undefined);
  return { whyAddressDenied: (address) => Promise.resolve(why(address)) };
}

describe("a socket to a name with several addresses", () => {
  it("goes to the first where there are no rules", async (t) => {
    const { open } = await createListeners(t);

    assert.equal(await open(), first);
  });

  for (const [denied, used] of [
    [first, second],
    [second, first],
  ] as const) {
    it(`goes to ${used} alone where ${denied} is denied`, async (t) => {
      const { accepted, open } = await createListeners(t);
      const addresses = new AllowedAddresses(denying(denied));

      assert.equal(await open((found) => addresses.allowed("two", found)), used);

      assert.ok(!accepted.includes(denied));
    });
  }

  it("goes nowhere where all are denied", async (t) => {
    const { accepted, open } = await createListeners(t);
    const addresses = new AllowedAddresses(denying(first, second));

    const opening = open((found) => addresses.allowed("two", found));

    await assert.rejects(opening, {
      code: "addressDenied",
      message:
        "The policy allows no connection to two: No resolved IPs allowed by policy.network. Only the network rules of the policy can allow it.",
    });
    assert.deepEqual(accepted, []);
  });

  it("goes nowhere where the rules can't be read", async (t) => {
    const { accepted, open } = await createListeners(t);
    const failure = new Error("unreadable");
    const addresses = new AllowedAddresses({ whyAddressDenied: () => Promise.reject(failure) });

    await assert.rejects(
      open((found) => addresses.allowed("two", found)),
      failure,
    );
    assert.deepEqual(accepted, []);
  });
});

describe("the addresses of a host", () => {
  const found = [first, second].map((address) => ({ address, family: 4 }));

  it("are enough when one is allowed", async () => {
    assert.equal(await new AllowedAddresses(denying(first)).whyNone(found), undefined);
    assert.equal(await new AllowedAddresses(undefined).whyNone(found), undefined);
  });

  it("are not enough when there is none", async () => {
    const why = "No resolved IPs allowed by policy.network";
    assert.equal(await new AllowedAddresses(denying(first, second)).whyNone(found), why);
    assert.equal(await new AllowedAddresses(denying()).whyNone([]), why);
  });

  it("include that of a connection that is there", async () => {
    const addresses = new AllowedAddresses(denying(first));

    await addresses.require("two", [second]);
    await assert.rejects(addresses.require("two", [second, first]), {
      code: "addressDenied",
      message: /: peer IP 127\.0\.0\.2 not allowed\./,
    });
  });
});
