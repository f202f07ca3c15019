import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sanitizeError } from "../../src/mcp/sanitizeError";
import { codesOf, ourFailures } from "./ourFailures";

describe("our own sentences", () => {
  for (const [code, message, expected = message] of ourFailures) {
    it(`keep their words: ${code}: ${message.slice(0, 60)}`, () => {
      const said = sanitizeError(message, ["build01", "web.example.com"]);

      assert.equal(said, expected);
      assert.equal(
        sanitizeError(said, ["build01"]),
        said.replaceAll("web.example.com", "[hostname]"),
      );
    });
  }

  it("are all of them here", () => {
    assert.deepEqual(codesOf(ourFailures), []);
  });
});

describe("a failure as a client gets it", () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      "ENOENT: no such file or directory, open '/home/jane/x'",
      "ENOENT: no such file or directory, open '[path]'",
    ],
    ["open '/home/Jane van Doe/my notes.txt'", "open '[file]'"],
    [
      "Can't read /home/jane/.ssh/id_ed25519: permission denied",
      "Can't read [path]: permission denied",
    ],
    ["Can't read /home/Jane van Doe/keys/id: denied.", "Can't read [path]: denied."],
    ["Can't read ~/work/id, or ~jane/id.", "Can't read [path], or [path]."],
    ["Can't read ../x/y, ./z.", "Can't read [path], [path]."],
    ["Can't read C:\\Users\\Jane Doe\\id_rsa: denied", "Can't read [path]: denied"],
    ["Can't read \\\\server\\share\\id", "Can't read [path]"],
    ["Can't read /home/jürgen/é/x", "Can't read [path]"],
    ["at file:///home/jane/x.js:3:4", "at [path]:3:4"],
    ["open:/home/jane/x", "open:[path]"],
    ["policy.yml:3: rules[0]: write allow", "[file]:3: rules[0]: write allow"],
    ["/home/jane/policy.yaml:3: no", "[file]:3: no"],
    ["connect ECONNREFUSED 10.1.2.3:22", "connect ECONNREFUSED [ip]"],
    ["no way to 10.1.2.3.", "no way to [ip]."],
    ["peer:10.1.2.3: gone", "peer:[ip]: gone"],
    ["connect to fe80::1%eth0 failed", "connect to [ip] failed"],
    ["connect to 2001:db8::: gone", "connect to [ip]: gone"],
    ["connect to [2001:db8::1]:2222.", "connect to [ip]."],
    ["connect to ::ffff:10.1.2.3, or ::1", "connect to [ip], or [ip]"],
    ["jane@build.corp.example:22 refused it", "[user@host] refused it"],
    ["jane.doe+x@[fe80::1%eth0]:22 refused it", "[user@host] refused it"],
    ["jane@localhost refused it", "[user@host] refused it"],
    ["getaddrinfo ENOTFOUND db-1.corp.example", "getaddrinfo ENOTFOUND [hostname]"],
    ["db-1.corp.example:22: gone", "[hostname]: gone"],
    ["sudo password=hunter2 failed", "sudo password=[redacted] failed"],
    ['{"token": "abc def", "x": 1}', '{"token": [redacted], "x": 1}'],
    ['api_key=abc,def PASSPHRASE="a b" x', "api_key=[redacted] PASSPHRASE=[redacted] x"],
  ];
  for (const [text, said] of cases) {
    it(`is told ${JSON.stringify(said)}`, () => {
      assert.equal(sanitizeError(text), said);
    });
  }

  it("keeps what the client has named", () => {
    const text = "web.example.com (10.1.2.3) has no /srv/app.";

    const keep = ["web.example.com", "10.1.2.3", "/srv/app"];

    assert.equal(sanitizeError(text, keep), text);
    assert.equal(sanitizeError(text), "[hostname] ([ip]) has no [path].");
  });

  it("keeps words, numbers, times, settings and signs that are none of those", () => {
    const text =
      "Start it with max_seconds from 1 to 60, at 12:30:05 and/or set sshTasks.policyFile (rules[3].commands) / e.g. 3.5 s; no TTY: 1/2.";

    assert.equal(sanitizeError(text), text);
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{3,9}$/);
const sentence = fc.constantFrom("Can't read ", "open '", "(", "at ", "connect ", '"', "");
const end = fc.constantFrom(".", ": denied", ", or", "'", ")", "", " is gone.", "\n");

/** What is there must not be seen, whatever stands around it. */
function hides(
  name: string,
  secret: fc.Arbitrary<{ text: string; parts: readonly string[] }>,
): void {
  it(`hides every ${name}`, () => {
    fc.assert(
      fc.property(sentence, secret, end, (before, { text, parts }, after) => {
        const said = sanitizeError(before + text + after);

        for (const part of parts)
          assert.ok(!said.includes(part), `${before}${text}${after} → ${said}`);
        assert.equal(sanitizeError(said), said);
      }),
      { numRuns: 500 },
    );
  });
}

describe("what was made up by chance", () => {
  const names = fc.array(word, { minLength: 2, maxLength: 5 });
  const unique = (parts: readonly string[]) => parts.map((part, i) => `q${part}${i}z`);
  hides(
    "path",
    names.map(unique).map((parts) => ({ text: `/${parts.join("/")}`, parts })),
  );
  hides(
    "path with spaces in its folders",
    names.map(unique).map((parts) => ({ text: `/home/${parts.join(" ")}/x`, parts })),
  );
  hides(
    "Windows path",
    names.map(unique).map((parts) => ({ text: `C:\\Users\\${parts.join("\\")}`, parts })),
  );
  hides(
    "path in a home",
    names.map(unique).map((parts) => ({ text: `~/${parts.join("/")}`, parts })),
  );
  hides(
    "IPv4 address",
    fc.ipV4().map((text) => ({ text, parts: [text] })),
  );
  hides(
    "IPv6 address",
    fc
      .ipV6()
      .filter((text) => text.length > 6)
      .map((text) => ({ text, parts: [text] })),
  );
  hides(
    "IPv6 address with a port",
    fc
      .ipV6()
      .filter((text) => text.length > 6)
      .map((ip) => ({ text: `[${ip}]:22`, parts: [ip] })),
  );
  hides(
    "account",
    fc
      .tuple(word, word)
      .map(([user, host]) => ({ text: `q${user}@z${host}:22`, parts: [`q${user}`, `z${host}`] })),
  );
  hides(
    "host name",
    names.map(unique).map((parts) => ({ text: `${parts.join(".")}.example`, parts })),
  );
  hides(
    "password",
    word.map((secret) => ({ text: `password=q${secret}`, parts: [`q${secret}`] })),
  );
});

describe("a text that was made to take long", () => {
  const size = 1_000_000;
  const seeds = [
    ...Array.from("a/\\.:~@[]%-_ 0+'\"="),
    ...[
      "/a ",
      "/. +",
      "a.",
      "::",
      "1.",
      "a@",
      "a@[",
      "password=",
      'token"',
      'token="',
      "~/",
      "/ ",
      "'/",
      "[:",
      "%a",
    ],
    ...["../", "C:\\a b", "a b/", " a", "file://", "/a b c d e f g h i j "],
  ];
  for (const seed of seeds) {
    for (const tail of ["", "!", "\n'"]) {
      it(`takes no longer for ${JSON.stringify(seed)} again and again, then ${JSON.stringify(tail)}`, () => {
        const text = seed.repeat(size / seed.length) + tail;
        const began = performance.now();

        sanitizeError(text);

        const ms = performance.now() - began;
        assert.ok(ms < 2000, `${ms} ms`);
      });
    }
  }
});
