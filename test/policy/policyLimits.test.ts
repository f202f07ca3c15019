import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultDenySubstrings } from "../../src/policy/denySubstrings";
import { limitsOf, type PolicyLimits } from "../../src/policy/policyLimits";
import { readPolicyValue } from "../../src/policy/readPolicy";

function limits(policy: object, alias = "web1", ...tags: string[]): PolicyLimits {
  return limitsOf(readPolicyValue(policy, "policy"), { alias, tags });
}

describe("the limits of a policy", () => {
  it("are none but the default deny_substrings where it names none", () => {
    assert.deepEqual(limits({}), { denySubstrings: defaultDenySubstrings });
  });

  it("come from limits, then the host's tags in their order, then its alias, key by key", () => {
    const policy = {
      limits: {
        max_seconds: 1,
        max_output_bytes: 1,
        task_result_ttl: 1,
        task_progress_interval: 1,
      },
      overrides: {
        tags: {
          first: { max_seconds: 2, max_output_bytes: 2, task_result_ttl: 2 },
          second: { max_seconds: 3, max_output_bytes: 3, deny_substrings: ["x"] },
        },
        aliases: { web1: { max_seconds: 4, deny_substrings: [] } },
      },
    };

    const common = { taskProgressInterval: 1 };
    assert.deepEqual(limits(policy, "web1", "first", "second"), {
      ...common,
      maxSeconds: 4,
      maxOutputBytes: 3,
      taskResultTtl: 2,
      denySubstrings: [],
    });
    assert.deepEqual(limits(policy, "web2", "second", "first"), {
      ...common,
      maxSeconds: 2,
      maxOutputBytes: 2,
      taskResultTtl: 2,
      denySubstrings: ["x"],
    });
    assert.deepEqual(limits(policy, "WEB1", "other"), {
      ...common,
      maxSeconds: 1,
      maxOutputBytes: 1,
      taskResultTtl: 1,
      denySubstrings: defaultDenySubstrings,
    });
  });

  it("of an override apply to exactly that name, even if it is one that every object has", () => {
    const policy = { overrides: { aliases: { "web*": { max_seconds: 1 } } } };

    assert.equal(limits(policy, "web1").maxSeconds, undefined);
    assert.equal(limits(policy, "constructor", "toString", "__proto__").maxSeconds, undefined);
    assert.equal(limits(policy, "web*").maxSeconds, 1);
  });
});
