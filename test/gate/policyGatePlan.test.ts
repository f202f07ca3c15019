import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createHostInfo } from "../support/createTasks";
import { globPolicy } from "../policy/samples";
import { createTestGate, nobodyToAsk } from "./createTestGate";
import { HandAsker } from "./gateHarness";

const limits = {
  max_seconds: 0,
  max_output_bytes: 1024 * 1024,
  host_key_auto_add: false,
  require_known_host: true,
};
const policyHint =
  "Hint: Use ssh_plan to inspect allowed commands, review the SSH Orchestrator prompts, or ask if the policy should be updated.";
const networkHint =
  "Hint: Use ssh_plan to review host restrictions, check the SSH Orchestrator prompts, or discuss updating policy/network rules.";

describe("a plan without a policy", () => {
  it("says that the person would be asked, and asks nobody", async () => {
    const { plan, asker } = createTestGate();

    const said = await plan("uptime");

    assert.deepEqual(said, { allowed: true, asks: true, limits, rule: "default of the host" });
    assert.deepEqual(asker.commands, []);
  });

  it("says that a grant lets it run", async () => {
    const { plan, admit, asker } = createTestGate();
    await admit("uptime");
    await asker.at(0).answer("session");

    assert.deepEqual(await plan("id"), { allowed: true, asks: false, limits, rule: "grant" });
  });

  it("says what to do where nobody can be asked", async () => {
    const { plan } = createTestGate({ windowless: true });

    const rule = "default of the host";
    assert.deepEqual(await plan("id"), {
      ...{ allowed: false, asks: true, limits, rule },
      hint: nobodyToAsk,
    });
  });

  it("knows the grant of the client's own session alone", async () => {
    const { plan, admit } = createTestGate({ windowless: true });
    const asker = new HandAsker();
    await admit("one", { asker, session: "a" });
    await asker.at(0).answer("session");

    const same = await plan("two", { asker, session: "a" });
    const another = await plan("two", { asker, session: "b" });

    assert.deepEqual([same.asks, another.asks], [false, true]);
  });

  it("says the person's default for the host", async () => {
    const { plan } = createTestGate({ hostConsent: { "*": "deny", build02: "allow" } });

    const denied = await plan("id");
    const allowed = await plan("id", { host: createHostInfo("build02") });

    assert.deepEqual(
      [denied.allowed, denied.why],
      [false, "The user lets agents run nothing on build01."],
    );
    assert.deepEqual([allowed.allowed, allowed.asks], [true, false]);
  });
});

describe("a plan with a policy", () => {
  const policy = globPolicy("allow uptime*", "ask systemctl *");

  it("says which rule allows", async () => {
    const { plan } = createTestGate({ policy });

    const said = await plan("uptime");

    assert.deepEqual(said, { allowed: true, asks: false, limits, rule: "rules[0]" });
  });

  it("says which rule asks, whatever was granted for the host", async () => {
    const { plan } = createTestGate({ policy });

    const said = await plan("systemctl status");

    assert.deepEqual(said, { allowed: true, asks: true, limits, rule: "rules[1]" });
  });

  it("says why it is denied, in the words and the order that clients know", async () => {
    const { plan } = createTestGate({ policy });

    const said = await plan("id");

    assert.match(said.why ?? "", /^Policy blocked this command\. .+/);
    assert.deepEqual(Object.keys(said), ["allowed", "asks", "limits", "rule", "why", "hint"]);
    assert.deepEqual([said.allowed, said.hint, said.rule], [false, policyHint, "default"]);
  });

  it("says which part of a chain is denied", async () => {
    const { plan } = createTestGate({ policy });

    const said = await plan("uptime; id");

    assert.match(said.why ?? "", /^Policy blocked command in chain: 'id'/);
    assert.equal(said.denied_command, "id");
  });

  it("says the limits in force, of the host's own", async () => {
    const overrides = { aliases: { build01: { max_seconds: 30, max_output_bytes: 2048 } } };
    const bound = { ...policy, overrides };
    const { plan, gate } = createTestGate({ policy: { ...bound, limits: { max_seconds: 60 } } });
    const other = createHostInfo("build02");

    const own = await plan("uptime");
    const general = await plan("uptime", { host: other });

    assert.deepEqual(own.limits, { ...limits, max_seconds: 30, max_output_bytes: 2048 });
    assert.deepEqual(general.limits, { ...limits, max_seconds: 60 });
    assert.equal(await gate.maxResultBytes(() => Promise.resolve(createHostInfo("build01"))), 2048);
    assert.equal(await gate.maxResultBytes(() => Promise.resolve(other)), undefined);
  });

  it("says that the network rules deny the host", async () => {
    const network = { block_cidrs: ["192.0.2.0/24"] };
    const whyNoAddress = () => Promise.resolve("No resolved IPs allowed by policy.network");
    const { plan } = createTestGate({ policy: { ...policy, network }, whyNoAddress });

    const said = await plan("uptime");

    const why = "Network rules: No resolved IPs allowed by policy.network";
    const rule = "network";
    assert.deepEqual(said, {
      ...{ allowed: false, asks: false, limits, rule, why },
      hint: networkHint,
    });
  });

  it("says that max_seconds is above the limit", async () => {
    const { plan } = createTestGate({ policy: { ...policy, limits: { max_seconds: 30 } } });

    const said = await plan("uptime", { maxSeconds: 31 });

    assert.deepEqual([said.allowed, said.rule], [false, "limits.max_seconds"]);
  });
});

describe("the capabilities of a host", () => {
  it("are, without a policy, that nothing runs unasked", async () => {
    const { gate } = createTestGate();

    const said = await gate.capabilities(createHostInfo("build01"));

    assert.deepEqual(said, {
      limits: {
        max_seconds: 0,
        max_output_bytes: 1024 * 1024,
        require_known_host: true,
        host_key_auto_add: false,
        task_result_ttl: 604_800,
        task_progress_interval: 5,
        deny_patterns_enabled: false,
      },
      policy_probes: [
        { probe: "basic_diagnostics", command: "uptime", allowed: false },
        { probe: "filesystem_overview", command: "df -h", allowed: false },
      ],
      network: { require_known_host: true, allowlist_enabled: false, blocklist_enabled: false },
    });
  });

  it("are what the policy lets run unasked, and which rules there are", async () => {
    const network = { allow_ips: ["192.0.2.1"], block_cidrs: ["10.0.0.0/8"] };
    const rules = globPolicy("allow uptime*", "ask df*", "allow docker ps");
    const { gate } = createTestGate({ policy: { ...rules, limits: {}, network } });

    const said = await gate.capabilities({ ...createHostInfo("build01"), tags: ["docker"] });

    const probed = "policy_probes" in said ? said.policy_probes : undefined;
    assert.deepEqual(probed, [
      { probe: "basic_diagnostics", command: "uptime", allowed: true },
      { probe: "filesystem_overview", command: "df -h", allowed: false },
      { probe: "docker_status", command: "docker ps", allowed: true },
    ]);
    assert.match(JSON.stringify(said), /"deny_patterns_enabled":true/);
    assert.match(JSON.stringify(said), /"allowlist_enabled":true,"blocklist_enabled":true/);
  });
});
