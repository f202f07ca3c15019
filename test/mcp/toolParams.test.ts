import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { optionalNumberParam, wholeNumberParam } from "../../src/mcp/toolParams";

describe("a number parameter", () => {
  const whole = wholeNumberParam("N", 50, "a number");
  const taken: [unknown, number][] = [
    [undefined, 50],
    [7, 7],
    ["7", 7],
    [" -3 ", -3],
    [2.0, 2],
    ["2.0", 2],
  ];
  for (const [given, expected] of taken) {
    it(`takes ${JSON.stringify(given)} as ${expected}`, () => {
      assert.equal(whole.parse(given), expected);
    });
  }

  for (const given of [null, true, "", "seven", "1e3", "0x10", 1.5, NaN, Infinity, [1], {}]) {
    it(`refuses ${typeof given} ${JSON.stringify(given)} where a whole number is asked for`, () => {
      assert.equal(whole.safeParse(given).success, false);
    });
  }

  it("takes a fraction where any number will do", () => {
    assert.equal(optionalNumberParam("N", "a number").parse("0.5"), 0.5);
  });

  it("takes none where it may be absent", () => {
    assert.equal(optionalNumberParam("N", "a number").parse(undefined), undefined);
  });
});
