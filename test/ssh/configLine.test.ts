import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseConfigLine } from "../../src/ssh/configLine";

describe("a line of an ssh config", () => {
  for (const [line, keyword, words, rest] of [
    ["User dev", "user", ["dev"], "dev"],
    ["\t uSER\tdev \r", "user", ["dev"], "dev"],
    ["User=dev", "user", ["dev"], "dev"],
    ["User = dev", "user", ["dev"], "dev"],
    ['"User" dev', "user", ["dev"], "dev"],
    ["Host a  b\tc # d", "host", ["a", "b", "c"], "a  b\tc # d"],
    ["Host a#b", "host", ["a#b"], "a#b"],
    ['Host "a b" \'c "d\' e\\ f', "host", ["a b", 'c "d', "e f"], undefined],
    ['Host a"b c"d ""', "host", ["ab cd", ""], undefined],
    ['Host C:\\x "y\\"z" \'\\\\\'', "host", ["C:\\x", 'y"z', "\\"], undefined],
    ["User dev # don't", "user", ["dev"], "dev # don't"],
    ["ProxyCommand=  nc 'a b' %h # c", "proxycommand", ["nc", "a b", "%h"], "nc 'a b' %h # c"],
    ["User", "user", [], ""],
  ] as const) {
    it(`is taken apart as by OpenSSH: ${line.trim()}`, () => {
      const parsed = parseConfigLine(line);

      assert.deepEqual([parsed?.keyword, parsed?.words], [keyword, words]);
      if (rest !== undefined) assert.equal(parsed?.rest, rest);
    });
  }

  it("is none when it is blank or a comment", () => {
    for (const line of ["", " \t", "# Host a", "  #Host 'a"])
      assert.equal(parseConfigLine(line), undefined);
  });

  it("has quotes that end", () => {
    for (const line of ['User "dev', "User dev'", "User 'a\\'"])
      assert.throws(() => parseConfigLine(line), /a quote does not end/);
  });

  it("takes no time to speak of when it is long", () => {
    const started = performance.now();

    parseConfigLine(`User ${" ".repeat(1_000_000)}x${"\t ".repeat(1_000_000)}`);

    assert.ok(performance.now() - started < 1000);
  });
});
