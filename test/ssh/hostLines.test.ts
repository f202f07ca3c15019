import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HostLines } from "../../src/ssh/hostLines";

function linesOf(...chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const reader = new HostLines((line) => lines.push(line));
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return lines;
}

describe("the lines of a host", () => {
  it("come however they are cut, characters of several bytes too", () => {
    const text = "jörg ☃\n\nlast\n";

    const bytes = [...Buffer.from(text)].map((byte) => Buffer.of(byte));

    assert.deepEqual(linesOf(text), ["jörg ☃", "", "last"]);
    assert.deepEqual(linesOf(...bytes), ["jörg ☃", "", "last"]);
  });

  it("come once they have ended", () => {
    assert.deepEqual(linesOf("a\nb"), ["a"]);
  });

  it("are passed over when they are too long, and the next is read", () => {
    const long = "x".repeat(3000);

    assert.deepEqual(linesOf(long, long, long, " tail\nnext\n"), ["next"]);
    assert.deepEqual(linesOf(`${long}${long}\nnext\n`), ["next"]);
    assert.deepEqual(linesOf(`${long}${long}`, "\nnext\n"), ["next"]);
  });
});
