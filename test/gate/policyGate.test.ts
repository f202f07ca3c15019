import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Denial } from "../../src/tasks/runGate";
import { createHostInfo } from "../support/createTasks";
import { globPolicy } from "../policy/samples";
import { createTestGate, nobodyToAsk, type Admitted } from "./createTestGate";
import { HandAsker } from "./gateHarness";

const web = { ...createHostInfo("web.example.com"), hostName: "192.0.2.2" };
const consentHint =
  "Do not run it another way. Tell the user what you wanted to run and why, and go on as they say.";
const policyHint =
  "Hint: Use ssh_plan to inspect allowed commands, review the SSH Orchestrator prompts, or ask if the policy should be updated.";

function deniedBy({ denial }: Admitted): Partial<Denial> {
  if (denial === "open" || denial === undefined) throw new Error("It is not denied");
  return denial;
}

describe("the gate without a policy", () => {
  it("asks the person, and lets run what they allow", async () => {
    const { admit, asker } = createTestGate();
    const one = await admit("uptime");
    assert.equal(one.denial, "open");

    await asker.at(0).answer("once");

    assert.equal(one.denial, undefined);
  });

  it("denies what they deny, and tells the agent to do so too", async () => {
    const { admit, asker } = createTestGate();
    const one = await admit("uptime");

    await asker.at(0).answer("deny");

    const detail = "The user has denied it.";
    assert.deepEqual(one.denial, { reason: "consent", detail, hint: consentHint });
  });

  it("lets everything run where the host is allowed, what a policy would deny too", async () => {
    const { admit, asker } = createTestGate({ hostConsent: { build01: "allow" } });

    const one = await admit("rm -rf /");

    assert.deepEqual([one.denial, asker.commands], [undefined, []]);
  });

  it("lets nothing run where the host is denied", async () => {
    const { admit, asker } = createTestGate({ hostConsent: { "*": "allow", build01: "deny" } });

    const one = await admit("uptime");
    const other = await admit("uptime", { host: web });

    const detail = "The user lets agents run nothing on build01.";
    assert.deepEqual(one.denial, { reason: "consent", detail, hint: consentHint });
    assert.deepEqual([other.denial, asker.commands], [undefined, []]);
  });

  it("says what to do where nobody can be asked", async () => {
    const { admit } = createTestGate({ windowless: true });

    const one = await admit("uptime");

    assert.deepEqual(one.denial, { reason: "policy", hint: nobodyToAsk });
  });

  it("lets run what is granted for good where nobody can be asked", async () => {
    const { admit } = createTestGate({ windowless: true });
    const asker = new HandAsker();
    await admit("one", { asker });
    await asker.at(0).answer("always");

    assert.equal((await admit("two", { session: "b" })).denial, undefined);
  });

  it("asks through the client where the window can't, for that client's session alone", async () => {
    const { admit } = createTestGate({ windowless: true });
    const asker = new HandAsker();
    const one = await admit("one", { asker, session: "a" });
    await asker.at(0).answer("session");

    const same = await admit("two", { asker, session: "a" });
    const another = await admit("three", { asker, session: "b" });

    assert.deepEqual([one.denial, same.denial, another.denial], [undefined, undefined, "open"]);
  });

  it("asks the window and never the client where it can, for all sessions", async () => {
    const { admit, asker } = createTestGate();
    const byClient = new HandAsker();
    await admit("one", { asker: byClient, session: "a" });
    await asker.at(0).answer("session");

    const another = await admit("two", { asker: byClient, session: "b" });

    assert.deepEqual([another.denial, byClient.commands], [undefined, []]);
  });

  it("lets a command of a host with a grant run while the person looks at another question", async () => {
    const { admit, asker } = createTestGate();
    await admit("first", { host: web });
    await asker.at(0).answer("session");
    const hangs = await admit("hangs");

    const granted = await admit("second", { host: web });

    assert.deepEqual([hangs.denial, granted.denial], ["open", undefined]);
  });
});

describe("the gate with a policy", () => {
  const policy = globPolicy("allow uptime*", "ask systemctl *", "deny systemctl stop *");

  it("lets run what a rule allows, and asks nobody", async () => {
    const { admit, asker } = createTestGate({ policy });

    const one = await admit("uptime -p");

    assert.deepEqual([one.denial, asker.commands], [undefined, []]);
  });

  it("denies what no rule allows, whatever the host's default is", async () => {
    const { admit } = createTestGate({ policy, hostConsent: { "*": "allow" } });

    const denial = deniedBy(await admit("id"));

    assert.deepEqual([denial.reason, denial.hint], ["policy", policyHint]);
  });

  it("names the part of a chain that is denied", async () => {
    const { admit } = createTestGate({ policy });

    const denial = deniedBy(await admit("uptime && systemctl stop web"));

    assert.equal(denial.denied_command, "systemctl stop web");
  });

  it("asks where a rule says so, and a grant for the host does not answer that", async () => {
    const asking = { ...globPolicy("ask systemctl *"), default: "ask" };
    const { admit, asker } = createTestGate({ policy: asking });
    await admit("id");
    await asker.at(0).answer("always");
    assert.equal((await admit("id")).denial, undefined);

    const ruled = await admit("systemctl status");

    assert.equal(ruled.denial, "open");
    assert.deepEqual(
      asker.questions.map(({ rule }) => rule),
      [undefined, "rules[0]"],
    );
  });

  const bound = { ...globPolicy("ask *"), limits: { deny_substrings: [], max_seconds: 60 } };
  for (const maxSeconds of [61, 0]) {
    it(`denies max_seconds ${maxSeconds} above its own before anybody is asked`, async () => {
      const { admit, asker } = createTestGate({ policy: bound });

      const denial = deniedBy(await admit("uptime", { maxSeconds }));

      const detail =
        "The policy allows a task on build01 to take 60 s at the most. Start it with max_seconds from 1 to 60.";
      assert.deepEqual(denial, { reason: "policy", detail, hint: policyHint });
      assert.deepEqual(asker.commands, []);
    });
  }

  it("asks where max_seconds is within its own, or not said", async () => {
    const { admit } = createTestGate({ policy: bound });

    assert.equal((await admit("one", { maxSeconds: 60 })).denial, "open");
    assert.equal((await admit("two")).denial, "open");
  });

  const network = { ...globPolicy("ask *"), network: { allow_ips: ["198.51.100.1"] } };
  it("denies a host without an allowed address before anybody is asked", async () => {
    const whyNoAddress = () => Promise.resolve("No resolved IPs allowed by policy.network");
    const { admit, asker } = createTestGate({ policy: network, whyNoAddress });

    const denial = deniedBy(await admit("uptime"));

    assert.equal(denial.reason, "network");
    assert.equal(denial.detail, "No resolved IPs allowed by policy.network");
    assert.match(denial.hint ?? "", /^Hint: Use ssh_plan to review host restrictions/);
    assert.deepEqual(asker.commands, []);
  });

  it("denies a host whose addresses can't be told", async () => {
    const whyNoAddress = () => Promise.reject(new Error("Host alias not found: build01"));
    const { admit } = createTestGate({ policy: network, whyNoAddress });

    const denial = deniedBy(await admit("uptime"));

    assert.deepEqual([denial.reason, denial.detail], ["network", "Host alias not found: build01"]);
  });

  it("has no name resolved where there are no network rules", async () => {
    const resolved: string[] = [];
    const whyNoAddress = (alias: string): Promise<undefined> => {
      resolved.push(alias);
      return Promise.resolve(undefined);
    };
    const { admit } = createTestGate({ policy, whyNoAddress });

    await admit("uptime");

    assert.deepEqual(resolved, []);
  });
});
