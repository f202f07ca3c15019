import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { countNewlines } from "../../src/tasks/countNewlines";

function countOneByOne(bytes: Uint8Array): number {
  return bytes.filter((byte) => byte === 0x0a).length;
}

describe("counting newlines", () => {
  it("counts what a look at each byte counts, wherever the bytes lie in memory", () => {
    const byte = fc.oneof(fc.constantFrom(0x0a, 0x0b, 0x8a, 0x00, 0xff, 0x7f), fc.nat(255));
    const bytes = fc.array(byte, { maxLength: 3000 }).map((list) => Uint8Array.from(list));

    fc.assert(
      fc.property(bytes, fc.nat(7), (content, offset) => {
        const memory = Buffer.concat([Buffer.alloc(offset, 0x0a), content]);

        assert.equal(countNewlines(memory.subarray(offset)), countOneByOne(content));
      }),
    );
  });

  it("counts as many as there are bytes, also more than a byte can sum up", () => {
    for (const length of [0, 1, 1020, 1024, 5 * 1020, 100_003]) {
      assert.equal(countNewlines(Buffer.alloc(length, "\n")), length);
    }
  });
});
