import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HostOptions } from "../../src/ssh/hostOptions";
import { hopOptions, parseJump, resolveWay, type Hop } from "../../src/ssh/jumpHosts";

describe("a jump host", () => {
  for (const [text, hop] of [
    ["a", { alias: "a" }],
    [" a ", { alias: "a" }],
    ["me@a", { alias: "a", user: "me" }],
    ["a:22", { alias: "a", port: 22 }],
    ["me@x@a:22", { alias: "a", user: "me@x", port: 22 }],
    ["[::1]", { alias: "::1" }],
    ["me@[::1]:22", { alias: "::1", user: "me", port: 22 }],
    ["ssh://me@a:22/", { alias: "a", user: "me", port: 22 }],
  ] as const) {
    it(`is taken from its text: ${text}`, () => {
      assert.deepEqual(parseJump(text), hop);
    });
  }

  it("has a name, which is no option", () => {
    for (const text of ["", "me@", "-x", "me@-x", "[-x]", "a b", "[a\n]", ":22", "a:b"])
      assert.throws(() => parseJump(text), /names no host/, text);
  });
});

describe("the user of a jump host", () => {
  it("is a value and no more", () => {
    for (const user of ["-x", 'a"b', "a b", "a\n", "a\\", "a\\\\b"])
      assert.throws(() => parseJump(`${user}@a`), /names no (?:user|host)/, user);
    const hop = parseJump("DOM\\me@x@a:7");
    assert.deepEqual(hopOptions(hop), ['User="DOM\\me@x"', "Port=7"]);
    assert.deepEqual(hopOptions({ alias: "a" }), []);
  });
});

describe("the way to a host", () => {
  async function resolve(ways: Readonly<Record<string, string>>, alias: string) {
    const asked: Hop[] = [];
    const lookUp = (hop: Hop): Promise<HostOptions> => {
      asked.push(hop);
      const rest = ways[hop.alias] ?? "none";
      const lines = [{ keyword: "proxyjump", words: [rest], rest }];
      return Promise.resolve({ lines, expanded: () => true });
    };
    return { host: await resolveWay({ alias }, lookUp), asked };
  }

  it("asks for each hop once, for the way to the first of them too", async () => {
    const { host, asked } = await resolve({ a: "b,me@c:7", b: "d", c: "e" }, "a");

    assert.deepEqual(asked, [
      { alias: "a" },
      { alias: "b" },
      { alias: "d" },
      { alias: "c", user: "me", port: 7 },
    ]);
    const [b, c] = host.jumps ?? [];
    assert.deepEqual([b?.jumps?.map(({ alias }) => alias), c?.jumps], [["d"], undefined]);
  });

  it("may lead through eight hosts that each need the next, and is an error beyond", async () => {
    const chain = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`h${n}`, `h${n + 1}`]));

    assert.equal((await resolve(chain, "h0")).asked.length, 9);
    await assert.rejects(resolve({ ...chain, h8: "h9" }, "h0"), /leads in a circle/);
  });
});
