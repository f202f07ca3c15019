import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { visibleOutput } from "../../src/tasks/visibleText";

describe("output as a model gets it", () => {
  const rows: [string, string][] = [
    ["plain\n\ttext ü 漢 😀", "plain\n\ttext ü 漢 😀"],
    ["two\r\nlines\r", "two\nlines␍"],
    ["\x00\x07\x08\x1b[31m\x7f", "␀␇␈␛[31m␡"],
    ["\u009b31m\u0085", "<U+009B>31m<U+0085>"],
    ["\u202eevil\u2066", "<U+202E>evil<U+2066>"],
  ];
  for (const [text, expected] of rows) {
    it(`of ${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => {
      assert.equal(visibleOutput(text), expected);
    });
  }
});
