import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameReader } from "../../src/ssh/frameReader";

const nonce = "0123456789abcdef";

function createReader() {
  const seen = { begins: [] as string[], ends: [] as string[], chunks: [] as Buffer[] };
  const reader = new FrameReader(nonce, {
    onBegin: (words) => seen.begins.push(words.join(" ")),
    onBytes: (bytes) => seen.chunks.push(bytes),
    onEnd: (words) => seen.ends.push(words.join(" ")),
  });
  return { reader, seen, bytes: () => Buffer.concat(seen.chunks) };
}

function readAll(...chunks: readonly (string | Buffer)[]) {
  const created = createReader();
  for (const chunk of chunks) created.reader.push(Buffer.from(chunk as string, "latin1"));
  return {
    ...created.seen,
    bytes: created.bytes().toString("latin1"),
    noise: created.reader.noise,
  };
}

/** Bytes as commands and rc files may print them, and what resembles our own lines most. */
const someBytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          "\n",
          "\n\n",
          `\n${nonce}`,
          `\n${nonce} `,
          `\n${nonce} EN`,
          `\n${nonce} BEGI`,
          `${nonce} END 0\n`,
          `\n${nonce.slice(0, 8)}\n`,
          `\n${nonce}END 0\n`,
          `\n ${nonce} END 0\n`,
          `\r${nonce} END 0\n`,
        )
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts))
  // What holds a whole line of ours is one: only who knows the nonce can write it.
  .filter((bytes) => !bytes.includes(`\n${nonce} END`) && !bytes.includes(`\n${nonce} BEGIN`));

describe("a framed stream", () => {
  it("gives exactly the bytes between its two lines, whatever they are and however they are cut", () => {
    const cuts = fc.array(fc.nat(), { maxLength: 20 });
    fc.assert(
      fc.property(someBytes, someBytes, someBytes, cuts, (noise, body, rest, places) => {
        const begin = Buffer.from(`\n${nonce} BEGIN 12 34\n`);
        const end = Buffer.from(`\n${nonce} END 7\n`);
        const whole = Buffer.concat([noise, begin, body, end, rest]);
        const { reader, seen, bytes } = createReader();

        const sorted = places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b);
        for (const [i, from] of [0, ...sorted].entries())
          reader.push(whole.subarray(from, sorted[i] ?? whole.length));

        assert.deepEqual(seen.begins, ["12 34"]);
        assert.deepEqual(seen.ends, ["7"]);
        assert.deepEqual(bytes(), body);
      }),
      { numRuns: 3000 },
    );
  });

  it("comes through byte by byte", () => {
    const whole = `noise\n${nonce} BEGIN 1\n\n${nonce} EN\n\n${nonce} END 0\n`;

    const { begins, ends, bytes } = readAll(...Array.from(whole));

    assert.deepEqual([begins, ends, bytes], [["1"], ["0"], `\n${nonce} EN\n`]);
  });

  it("gives bytes at once that can't be the start of its end", () => {
    const { bytes } = readAll(`\n${nonce} BEGIN\nhello\nwor`);

    assert.equal(bytes, "hello\nwor");
  });

  it("ends without a byte where it never began", () => {
    const { bytes, begins, ends } = readAll(`rc\n${nonce} END 5\n`, `\n${nonce} BEGIN\nx\n`);

    assert.deepEqual([bytes, begins, ends], ["", [], ["5"]]);
  });

  it("gives nothing before it begins, and nothing after its end", () => {
    const { bytes, ends } = readAll("rc\n", `\n${nonce} BEGIN\nx\n${nonce} END 0\n`, "late");

    assert.equal(bytes, "x");
    assert.deepEqual(ends, ["0"]);
  });

  it("has empty output where its end follows its beginning", () => {
    const { bytes, ends } = readAll(`\n${nonce} BEGIN\n\n${nonce} END 0\n`);

    assert.deepEqual([bytes, ends], ["", ["0"]]);
  });

  it("waits for the rest of its end", () => {
    const { ends, bytes } = readAll(`\n${nonce} BEGIN\nx\n${nonce} END 13`);

    assert.deepEqual([ends, bytes], [[], "x"]);
  });

  it("does not wait for ever for the end of a line that no end of ours is as long as", () => {
    const { ends } = readAll(`\n${nonce} BEGIN\n\n${nonce} END 0 ${"x".repeat(2000)}`);

    assert.equal(ends.length, 1);
  });

  it("ends also where nothing has begun, however it is cut, and what it said before is noise", () => {
    const text = `Permission denied\n\n${nonce} END 143 0\nmore`;

    for (const chunks of [[text], Array.from(text)]) {
      const { begins, ends, bytes, noise } = readAll(...chunks);

      assert.deepEqual([begins, ends, bytes], [[], ["143 0"], ""]);
      assert.equal(noise.trim(), "Permission denied");
    }
  });

  it("takes no word that looks like its end for one before it begins", () => {
    const { begins, ends, bytes } = readAll(
      `\n${nonce}END 1\n\n${nonce} BEGIN 7\nx\n${nonce} END 0 0\n`,
    );

    assert.deepEqual([begins, ends, bytes], [["7"], ["0 0"], "x"]);
  });

  it("keeps the last of the noise, bounded, for who has to explain it", () => {
    const { noise } = readAll("first ", "x".repeat(100_000), "This account is not available.");

    assert.ok(noise.length <= 200);
    assert.match(noise, /x+This account is not available\.$/);
  });
});
