import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineReader } from "../../src/mcp/lineReader";

function read(chunks: readonly string[], maxBytes = 8): (string | undefined)[] {
  const reader = new LineReader(() => maxBytes);
  return chunks.flatMap((chunk) => [...reader.push(Buffer.from(chunk, "latin1"))]);
}

describe("a reader of lines", () => {
  const cases: [string, readonly string[], readonly (string | undefined)[]][] = [
    ["one line", ["abc\n"], ["abc"]],
    ["several in one chunk", ["a\nb\n\nc"], ["a", "b", ""]],
    ["one in several chunks", ["a", "b", "c\nd"], ["abc"]],
    ["a carriage return before the end", ["a\r\nb\r", "\n"], ["a", "b"]],
    ["a character cut in two", ["\xc3", "\xa9\n"], ["é"]],
    ["bytes that are no text", ["\xff\xfe\n"], ["\ufffd\ufffd"]],
    ["as much as fits", ["12345678\n", "1234", "5678\n"], ["12345678", "12345678"]],
    ["a byte too much", ["123456789\nnext\n"], [undefined, "next"]],
    ["far too much, said once", ["1234", "5678", "9abc", "defg", "\nnext\n"], [undefined, "next"]],
    ["too much twice", ["123456789\n123456789\nok\n"], [undefined, undefined, "ok"]],
    ["too much without an end", ["1234567890"], [undefined]],
  ];
  for (const [what, chunks, lines] of cases) {
    it(`gives ${JSON.stringify(lines)} for ${what}`, () => {
      assert.deepEqual(read(chunks), lines);
    });
  }

  it("gives the same lines for the same bytes, however they are cut", () => {
    const text = `${"x".repeat(8)}\n${"y".repeat(20)}\n\n\r\nab\ncd`;

    const whole = read([text]);

    assert.deepEqual(read(text.split("")), whole);
    assert.deepEqual(read(text.match(/.{1,3}/gs) ?? []), whole);
  });

  it("looks at its limit with every chunk", () => {
    let maxBytes = 4;
    const reader = new LineReader(() => maxBytes);
    const push = (text: string): unknown[] => [...reader.push(Buffer.from(text))];

    assert.deepEqual(push("12345\n"), [undefined]);
    maxBytes = 5;
    assert.deepEqual(push("12345\n"), ["12345"]);
  });
});
