import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultLimits, limitNames, limitRanges, whyNoLimit } from "../../src/tasks/limits";

describe("the limits", () => {
  for (const name of limitNames) {
    it(`${name} has a default within its range, and refuses what is not`, () => {
      const { default: fallback, min, max } = limitRanges[name];

      assert.equal(defaultLimits[name], fallback);
      for (const value of [min, fallback, max]) assert.equal(whyNoLimit(name, value), undefined);
      for (const value of [min - 1, max + 1, min + 0.5, NaN, Infinity, "7", null, undefined, {}]) {
        assert.equal(
          whyNoLimit(name, value),
          `${name} must be a whole number from ${min} to ${max}`,
        );
      }
    });
  }
});
