import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TerminalFilter } from "../../src/ui/terminalFilter";

function filtered(...pieces: string[]): string {
  const filter = new TerminalFilter();
  return pieces.map((piece) => filter.push(piece)).join("");
}

describe("what a terminal of the editor gets of a host's output", () => {
  const strings: [string, string][] = [
    ["the clipboard", "\x1b]52;c;cm0gLXJmIH4=\x07"],
    ["the title", "\x1b]0;root@prod\x1b\\"],
    ["a command of the person", "\x1b]633;E;rm -rf ~;nonce\x07"],
    ["the working directory", "\x1b]7;file:///etc\x9c"],
    ["a device control string", "\x1bP$q\x1b\\"],
    ["an application command", "\x1b_G\x1b\\"],
    ["in eight bits", "\x9d52;c;eA==\x9c"],
  ];
  for (const [what, text] of strings) {
    it(`has no control string: ${what}, however it is cut`, () => {
      const whole = `before${text}after`;
      for (let at = 0; at <= whole.length; at++) {
        assert.equal(filtered(whole.slice(0, at), whole.slice(at)), "beforeafter", `cut at ${at}`);
      }
      assert.equal(filtered(...whole.split(/(?:)/)), "beforeafter");
    });
  }

  it("has colours and cursor moves, and what follows a string that another sequence has ended", () => {
    const coloured = "\x1b[31mred\x1b[0m \r50%\x1b[K\r100%\n";
    assert.equal(filtered(coloured), coloured);
    assert.equal(filtered("a\x1b]0;title\x1b[1mb"), "a\x1b[1mb");
    assert.equal(filtered("a\x1b]0;title\x18b"), "ab");
  });

  it("is the same however the output is cut", () => {
    const piece = fc.constantFrom(
      "a",
      "\x1b",
      "]",
      "\\",
      "\x07",
      "P",
      "[",
      "m",
      "\x9c",
      "\x9d",
      "0;t",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        assert.equal(filtered(...pieces), filtered(pieces.join("")));
        // What it leaves has no beginning of a control string.
        assert.doesNotMatch(filtered(pieces.join("")), /\x1b[\]P_^X]|\x9d/);
      }),
      { numRuns: 5000 },
    );
  });
});
