import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasNetworkRules, whyAddressDenied } from "../../src/policy/networkRules";
import { readPolicyValue } from "../../src/policy/readPolicy";

function createRules(network: object) {
  const policy = readPolicyValue({ network }, "policy");
  return {
    has: hasNetworkRules(policy),
    why: (address: string) => whyAddressDenied(policy, address),
    allows: (...addresses: string[]) =>
      addresses.every((address) => whyAddressDenied(policy, address) === undefined),
    denies: (...addresses: string[]) =>
      addresses.every((address) => whyAddressDenied(policy, address) !== undefined),
  };
}

describe("network rules", () => {
  it("that are none deny nothing", () => {
    const rules = createRules({ allow_ips: [], block_cidrs: [] });

    assert.ok(!rules.has && rules.allows("10.0.0.1", "fe80::1", "whatever"));
  });

  it("block addresses and ranges, and say so", () => {
    const rules = createRules({
      block_ips: ["10.0.0.1", "2001:db8::1"],
      block_cidrs: ["192.168.7.9/16", "fd00::/8"],
    });

    assert.ok(rules.has && rules.denies("10.0.0.1", "2001:DB8:0::1", "192.168.255.1", "fdff::1"));
    assert.ok(rules.allows("10.0.0.2", "2001:db8::2", "192.169.0.1", "fe00::1"));
    assert.equal(rules.why("10.0.0.1"), "The policy blocks 10.0.0.1.");
  });

  it("allow nothing but what is named, once anything is", () => {
    const rules = createRules({ allow_ips: ["10.0.0.1"], allow_cidrs: ["172.16.0.0/12"] });

    assert.ok(
      rules.allows("10.0.0.1", "172.31.255.255") && rules.denies("10.0.0.2", "172.32.0.0", "::1"),
    );
    assert.equal(
      rules.why("8.8.8.8"),
      "8.8.8.8 is not among the addresses that the policy allows.",
    );
  });

  it("block before they allow", () => {
    const rules = createRules({ allow_cidrs: ["10.0.0.0/8"], block_ips: ["10.0.0.1"] });

    assert.ok(rules.denies("10.0.0.1") && rules.allows("10.0.0.2"));
  });

  it("take an IPv4 address that is mapped into IPv6 for the IPv4 one, on either side", () => {
    const rules = createRules({ block_cidrs: ["10.0.0.0/8", "::ffff:192.168.0.0/112"] });

    assert.ok(rules.denies("::ffff:10.0.0.1", "::ffff:a00:1", "192.168.1.1", "::FFFF:192.168.1.1"));
    assert.ok(rules.allows("::ffff:11.0.0.1", "192.169.1.1"));
    assert.ok(createRules({ allow_ips: ["::ffff:1.2.3.4"] }).allows("1.2.3.4"));
  });

  it("know no IPv4 address in a range of IPv6, nor the other way round", () => {
    assert.ok(createRules({ block_cidrs: ["::/0"] }).allows("10.0.0.1", "::ffff:10.0.0.1"));
    assert.ok(createRules({ block_cidrs: ["0.0.0.0/0"] }).allows("::1"));
    assert.ok(createRules({ block_cidrs: ["::/0"] }).denies("::1"));
  });

  it("look at an address without its zone", () => {
    const rules = createRules({ block_cidrs: ["fe80::/10"] });

    assert.ok(rules.denies("fe80::1%eth0", "fe80::1%25x"));
    assert.ok(createRules({ allow_cidrs: ["fe80::/10"] }).allows("fe80::1%eth0"));
  });

  it("deny what is no address, in whatever spelling another program might take for one", () => {
    const rules = createRules({ block_ips: ["1.2.3.4"] });

    for (const text of [
      "",
      "localhost",
      "010.0.0.1",
      "0x7f.1",
      "10.1",
      "1",
      "1.2.3.4.5",
      ":::1",
      "[::1]",
      "%eth0",
    ]) {
      assert.equal(
        rules.why(text),
        `${JSON.stringify(text.replace(/%.*/, ""))} is no IP address.`.replace(
          '""',
          JSON.stringify(text),
        ),
        text,
      );
    }
  });

  it("take a range without a prefix for the one address", () => {
    assert.ok(createRules({ block_cidrs: ["10.0.0.1"] }).denies("10.0.0.1"));
    assert.ok(createRules({ block_cidrs: ["10.0.0.1"] }).allows("10.0.0.2"));
  });
});
