import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { decideCommand } from "../../src/policy/decideCommand";
import { defaultDenySubstrings } from "../../src/policy/denySubstrings";
import { whyAddressDenied } from "../../src/policy/networkRules";
import { limitsOf } from "../../src/policy/policyLimits";
import { readPolicyText } from "../../src/policy/readPolicy";
import { repositoryRoot } from "../support/repo";

const page = readFileSync(join(repositoryRoot(), "docs/policy.md"), "utf8");
/** Each policy on the page, with the text up to the next one. */
const examples = page
  .split("```yaml\n")
  .slice(1)
  .map((section) => section.split("\n```\n"))
  .map(([yaml = "", rest = ""]) => ({ policy: readPolicyText(yaml, "docs/policy.md"), rest }));
const row = /^\| `([^`]+)`(?: with `([^`]+)`)? +\| `(.+)` +\| (allow|ask|deny) +\|$/gm;

describe("the page about policies", () => {
  it("has policies without warnings", () => {
    assert.equal(examples.length, 5);
    for (const { policy } of examples) assert.deepEqual(policy.warnings, []);
  });

  for (const { policy, rest } of examples) {
    for (const [, alias = "", tag, cell = "", outcome] of rest.matchAll(row)) {
      const command = cell.replaceAll("\\|", "|");
      it(`says rightly that ${command} on ${alias} ${tag ?? ""} is: ${outcome ?? ""}`, () => {
        const decision = decideCommand(policy, {
          alias,
          tags: tag === undefined ? [] : [tag],
          command,
        });

        assert.equal(decision.outcome, outcome, JSON.stringify(decision));
      });
    }
  }

  it("has a table for all policies but the one about networks", () => {
    const rows = examples.map(({ rest }) => [...rest.matchAll(row)].length);

    assert.deepEqual(rows, [11, 10, 11, 4, 0]);
  });

  it("says rightly whose limit counts", () => {
    const policy = examples[3]?.policy;

    assert.ok(policy);
    const seconds = (alias: string, ...tags: string[]) =>
      limitsOf(policy, { alias, tags }).maxSeconds;
    assert.deepEqual(
      [seconds("a"), seconds("a", "prod"), seconds("prod-db", "prod")],
      [600, 60, 30],
    );
  });

  it("says rightly which addresses are allowed", () => {
    const policy = examples[4]?.policy;

    assert.ok(policy);
    const allowed = [
      "10.0.0.2",
      "::ffff:10.0.0.2",
      "fd00::1",
      "10.0.0.1",
      "192.168.0.1",
      "::1",
    ].filter((address) => whyAddressDenied(policy, address) === undefined);
    assert.deepEqual(allowed, ["10.0.0.2", "::ffff:10.0.0.2", "fd00::1"]);
  });

  it("lists the default deny_substrings", () => {
    const list = page.slice(page.indexOf("The default:\n"), page.indexOf("## Network rules"));

    assert.deepEqual(
      [...list.matchAll(/`([^`]+)`/g)].map(([, entry]) => entry),
      defaultDenySubstrings,
    );
  });
});
