import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { consentFor } from "../../src/gate/hostConsent";
import { TaskError } from "../../src/tasks/taskError";
import { createHostInfo } from "../support/createTasks";
import { globPolicy } from "../policy/samples";
import { createPolicyFile, createTestGate, type Admitted } from "./createTestGate";

const good = "rules:\n  - action: allow\n    commands: ['uptime*']\n";
const before = "The policy can't be used, so nothing is started: ";

/** What an agent is told of a policy that can't be used. */
function faultOf({ denial }: Admitted): string {
  if (denial === "open" || denial === undefined) throw new Error("It is not denied");
  assert.equal(denial.reason, "policy");
  const { detail = "" } = denial;
  assert.ok(detail.startsWith(before), detail);
  return detail.slice(before.length);
}

describe("a policy", () => {
  it("comes from the settings", async () => {
    const { admit } = createTestGate({ policy: globPolicy("allow uptime") });

    assert.equal((await admit("uptime")).denial, undefined);
  });

  it("comes from a file", async (t) => {
    const { path } = await createPolicyFile(t, good);
    const { admit } = createTestGate({ policyFile: path });

    assert.equal((await admit("uptime -p")).denial, undefined);
    assert.notEqual((await admit("id")).denial, undefined);
  });

  it("counts at the next command when its file was edited", async (t) => {
    const { path, write } = await createPolicyFile(t, good);
    const { admit } = createTestGate({ policyFile: path });
    await admit("uptime");

    await write(good.replace("uptime", "id"));

    assert.equal((await admit("id")).denial, undefined);
    assert.notEqual((await admit("uptime")).denial, undefined);
  });

  it("counts at the next command when the setting was changed", async () => {
    const { admit, settings } = createTestGate({ policy: globPolicy("allow uptime") });
    await admit("uptime");

    settings.policy = globPolicy("allow id");

    assert.equal((await admit("id")).denial, undefined);
    assert.notEqual((await admit("uptime")).denial, undefined);
  });

  it("warns once of what changes nothing", async () => {
    const policy = { ...globPolicy("allow uptime"), known_hosts_path: "/etc/hosts" };
    const { admit, log } = createTestGate({ policy });

    await admit("uptime");
    await admit("uptime");

    assert.deepEqual(log, [
      "warn: policy: known_hosts_path is ignored: host keys are checked against the known_hosts files of ssh.",
    ]);
  });
});

describe("a policy that can't be used denies everything", () => {
  it("where both settings are set", async () => {
    const { admit, asker } = createTestGate({ policy: {}, policyFile: "/nonexistent/policy.yml" });

    const fault = faultOf(await admit("uptime"));

    assert.equal(
      fault,
      "both sshTasks.policy and sshTasks.policyFile are set; keep one. Correct it and start the task again.",
    );
    assert.deepEqual(asker.commands, []);
  });

  it("where a file has a fault, and names its line", async (t) => {
    const { path } = await createPolicyFile(t, `${good}  - action: alow\n    commands: ['id']\n`);
    const { admit } = createTestGate({ policyFile: path, hostConsent: { "*": "allow" } });

    const fault = faultOf(await admit("uptime"));

    assert.ok(fault.startsWith(`${path}:4: `), fault);
  });

  it("where a file is no YAML, and names its line", async (t) => {
    const { path } = await createPolicyFile(t, `${good}\t- x: [\n`);
    const { admit } = createTestGate({ policyFile: path });

    const fault = faultOf(await admit("uptime"));

    assert.match(fault.slice(path.length), /^:[45]: /);
  });

  it("where a setting has a fault, and names its key", async () => {
    const { admit } = createTestGate({ policy: { rules: [{ action: "alow" }] } });

    const fault = faultOf(await admit("uptime"));

    assert.match(fault, /^sshTasks\.policy: rules\[0\]/);
  });

  for (const value of [null, "", [], 7]) {
    it(`where the setting is ${JSON.stringify(value)}`, async () => {
      const { admit } = createTestGate({ policy: value });

      faultOf(await admit("uptime"));
    });
  }

  it("where the file is empty", async (t) => {
    const { path } = await createPolicyFile(t, "");
    const { admit } = createTestGate({ policyFile: path });

    faultOf(await admit("uptime"));
  });

  it("where the file is missing", async (t) => {
    const { folder } = await createPolicyFile(t, good);
    const { admit } = createTestGate({ policyFile: join(folder, "none.yml") });

    assert.match(faultOf(await admit("uptime")), /^ENOENT/);
  });

  it("where the file is a folder", async (t) => {
    const { path } = await createPolicyFile(t, good);
    await rm(path);
    await mkdir(path);
    const { admit } = createTestGate({ policyFile: path });

    assert.match(faultOf(await admit("uptime")), /^EISDIR/);
  });

  it("where the file is too big to be read", async (t) => {
    const { path } = await createPolicyFile(t, good);
    await writeFile(path, good + `#${"x".repeat(1024 * 1024)}\n`);
    const { admit } = createTestGate({ policyFile: path });

    assert.match(faultOf(await admit("uptime")), /bytes, 1048576 is the most/);
  });

  it("and what is planned, and allowed for the host, and its limits say so too", async () => {
    const { plan, gate } = createTestGate({ policy: 7, hostConsent: { "*": "allow" } });
    const host = createHostInfo("build01");

    const planned = await plan("uptime");
    const capabilities = JSON.stringify(await gate.capabilities(host));

    assert.deepEqual([planned.allowed, planned.rule], [false, "invalid policy"]);
    assert.ok(planned.why?.includes(before), planned.why);
    assert.doesNotMatch(capabilities, /"allowed":true/);
    assert.equal(await gate.maxResultBytes(() => Promise.resolve(host)), undefined);
  });

  it("until it is corrected", async () => {
    const { admit, settings, gate } = createTestGate({ policy: 7 });
    await assert.rejects(
      gate.reload(),
      (error) => error instanceof TaskError && error.code === "policyInvalid",
    );

    settings.policy = globPolicy("allow uptime");

    await gate.reload();
    assert.equal((await admit("uptime")).denial, undefined);
  });
});

describe("the person's default for hosts", () => {
  const cases: [unknown, string, string][] = [
    [undefined, "build01", "ask"],
    [{}, "build01", "ask"],
    [{ build01: "allow" }, "build01", "allow"],
    [{ build01: "allow" }, "build02", "ask"],
    [{ "*": "deny", build01: "allow" }, "build01", "allow"],
    [{ "*": "deny", build01: "allow" }, "build02", "deny"],
    [{ "*": "allow", build01: "ask" }, "build01", "ask"],
    [{ "*": "allow", build01: "nonsense" }, "build01", "ask"],
    [{ build01: true }, "build01", "ask"],
    [{}, "constructor", "ask"],
    ["allow", "build01", "ask"],
  ];
  for (const [setting, alias, choice] of cases) {
    it(`is ${choice} for ${alias} with ${JSON.stringify(setting)}`, () => {
      assert.equal(consentFor(setting, alias), choice);
    });
  }
});
