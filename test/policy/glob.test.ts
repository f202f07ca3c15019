import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { anything, matchGlob } from "../../src/policy/glob";

/** [glob, text, whether Python's fnmatch.fnmatchcase says so] */
const facts: readonly (readonly [string, string, boolean])[] = [
  ["uptime*", "uptime", true],
  ["uptime*", "uptime -s", true],
  ["uptime*", "uptime & rm x", true],
  ["uptime*", "uptime\nrm x", true],
  ["uptime*", "Uptime", false],
  ["uptime", "uptime ", false],
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["?", "é", true],
  ["?", "🙂", true],
  ["?", "\n", true],
  ["?", "", false],
  ["a*b*c", "a/b b/c", true],
  ["a*b*c", "a/b b/d", false],
  ["[abc]", "b", true],
  ["[abc]", "d", false],
  ["[a-c]x", "bx", true],
  ["[!a-c]", "b", false],
  ["[!a-c]", "d", true],
  ["[^x]", "^", true],
  ["[^x]", "x", true],
  ["[^x]", "a", false],
  ["[]]", "]", true],
  ["[!]]", "]", false],
  ["[!]]", "a", true],
  ["[a-]", "-", true],
  ["[-a]", "-", true],
  ["[c-a]", "b", false],
  ["[", "[", true],
  ["[]", "[]", true],
  ["a[b", "a[b", true],
  ["[[]", "[", true],
  ["\\*", "\\x", true],
  ["\\?", "?", false],
  ["{a,b}", "a", false],
  ["{a,b}", "{a,b}", true],
];

describe("a glob", () => {
  for (const [glob, text, matches] of facts) {
    it(`${JSON.stringify(glob)} ${matches ? "matches" : "does not match"} ${JSON.stringify(text)}`, () => {
      assert.equal(matchGlob(glob, text), matches ? "yes" : "no");
    });
  }

  it("surely matches a text with an expansion only where a star covers that", () => {
    assert.equal(matchGlob("ls *", `ls ${anything}`), "yes");
    assert.equal(matchGlob("ls ?", `ls ${anything}`), "maybe");
    assert.equal(matchGlob("ls [!x]", `ls ${anything}`), "maybe");
    assert.equal(matchGlob("ls /tmp/*", `ls ${anything}`), "maybe");
    assert.equal(matchGlob("cat *", `ls ${anything}`), "no");
    assert.equal(matchGlob("* /etc/*", `cat ${anything}`), "maybe");
    assert.equal(matchGlob("rm -rf /", `rm${anything} /`), "maybe");
    assert.equal(matchGlob("rm -rf /", `rm${anything} x`), "no");
  });

  it("might match whatever some text for the expansions makes it match", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", " ", "*", "?"), maxLength: 6 });
    const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 3 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(letters, texts, letters, (glob, parts, filled) => {
        if (matchGlob(glob, parts.join(filled)) === "yes") {
          assert.notEqual(matchGlob(glob, parts.join(anything)), "no");
        } else {
          assert.notEqual(
            matchGlob(glob, parts.join(anything)),
            parts.length > 1 ? "yes" : "maybe",
          );
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("takes no longer than the product of the lengths, however many stars there are", () => {
    const started = performance.now();

    matchGlob(`${"a*".repeat(200)}b`, "a".repeat(10_000));
    matchGlob(`${"a*".repeat(200)}b`, `${"a".repeat(5_000)}${anything}${"a".repeat(5_000)}`);

    assert.ok(performance.now() - started < 3_000);
  });
});
