import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PolicyError, readPolicyText, readPolicyValue } from "../../src/policy/readPolicy";
import { wrongTexts } from "./wrongTexts";

function errorOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof PolicyError, String(error));
    return error.message;
  }
  return assert.fail("It was read");
}

const textError = (text: string): string => errorOf(() => readPolicyText(text, "policy.yml"));
const valueError = (value: unknown): string =>
  errorOf(() => readPolicyValue(value, "sshTasks.policy"));

const complete = `
version: 1
default: ask
known_hosts_path: /etc/known_hosts
limits:
  max_seconds: 60
  max_output_bytes: 1048576
  host_key_auto_add: true
  require_known_host: false
  task_result_ttl: 300
  task_progress_interval: 5
  deny_substrings: ["rm -rf /", "shutdown*", ""]
network:
  allow_ips: [10.0.0.1]
  allow_cidrs: [fd00::/8]
  block_ips: []
  block_cidrs: []
  require_known_host: false
overrides:
  aliases:
    web1: { max_seconds: 5, require_known_host: false }
  tags:
    prod: { host_key_auto_add: true }
rules:
  - action: allow
    aliases: ["*"]
    tags: []
    commands: ["uptime*"]
  - action: deny
`;

describe("reading a policy", () => {
  it("takes every key of the format, and warns of those that change nothing", () => {
    const { warnings, ...policy } = readPolicyText(complete, "policy.yml");

    assert.equal(policy.version, 1);
    assert.equal(policy.defaultOutcome, "ask");
    assert.deepEqual(policy.rules, [
      { action: "allow", aliases: ["*"], tags: [], commands: ["uptime*"] },
      { action: "deny", aliases: [], tags: [], commands: [] },
    ]);
    assert.deepEqual(warnings, [
      "known_hosts_path is ignored: host keys are checked against the known_hosts files of ssh.",
      "limits.require_known_host: false is ignored: host keys are always checked.",
      "limits.host_key_auto_add: true is ignored: a new host key is for the person to accept.",
      "limits.deny_substrings has a blank entry, which denies nothing.",
      'limits.deny_substrings are plain text: the * of "shutdown*" is only a star.',
      "network.require_known_host: false is ignored: host keys are always checked.",
      "overrides.tags.prod.host_key_auto_add: true is ignored: a new host key is for the person to accept.",
      "overrides.aliases.web1.require_known_host: false is ignored: host keys are always checked.",
      "rules[1] names no commands, so it never matches.",
    ]);
  });

  it("takes JSON, with a byte order mark and comments of YAML too", () => {
    const json = JSON.stringify({ version: 2, rules: [{ simple_binaries: ["ls"] }] }, null, "\t");

    assert.equal(readPolicyText(`\uFEFF${json}`, "policy.json").version, 2);
    assert.equal(readPolicyText(`# note\n${json}`, "policy.json").version, 2);
  });

  it("takes an empty map for a policy that denies all", () => {
    assert.deepEqual(readPolicyText("{}", "policy.yml"), readPolicyValue({}, "policy"));
    assert.equal(readPolicyValue({}, "policy").defaultOutcome, "deny");
  });

  it("reads a value as it reads the same text", () => {
    const value = { version: 2, overrides: { tags: { a: { max_seconds: 2 } } } };

    assert.deepEqual(readPolicyValue(value, "x"), readPolicyText(JSON.stringify(value), "x"));
  });
});

describe("a policy that is wrong", () => {
  for (const [text, message] of wrongTexts) {
    it(`names line and remedy: ${message}`, () => assert.equal(textError(text), message));
  }

  it("is one whose YAML can't be read, or has a key twice, or two documents", () => {
    assert.match(
      textError("limits: {}\nlimits: {}"),
      /^policy\.yml:2: .*unique.*Write valid YAML or JSON\.$/,
    );
    assert.match(textError("rules:\n- {a: 1, a: 2}"), /^policy\.yml:2: /);
    assert.match(textError('{"rules": [],\n "rules": []}'), /^policy\.yml:2: /);
    assert.match(textError("rules: [\n"), /^policy\.yml:2: /);
    assert.match(textError("a: b: c"), /^policy\.yml:1: /);
    assert.match(textError("{}\n---\n{}"), /^policy\.yml:\d: /);
    assert.match(textError("known_hosts_path: !!foo x"), /^policy\.yml:1: /);
    assert.match(textError("\trules: []"), /^policy\.yml:1: /);
  });

  it("is one that is larger than 1 MiB", () => {
    assert.match(textError(`# ${"x".repeat(1024 * 1024)}`), /^policy\.yml:1: .*larger than 1 MiB/);
  });

  it("is one that is nested beyond measure, or has too many entries, and is refused in seconds", () => {
    const keys = Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`);
    const steps = Array.from({ length: 1_000 }, (_, index) => `${" ".repeat(index)}a:`);
    for (const [piece, count] of [
      ["[", 1_000_000],
      ["- ", 500_000],
      ["? ", 500_000],
      ['{"a":', 200_000],
      ["a: ", 300_000],
      [keys.join("\n"), 1],
      [steps.join("\n"), 1],
    ] as const) {
      const started = performance.now();

      assert.match(
        textError(piece.repeat(count)),
        /^policy\.yml:1: The policy is nested more than/,
      );
      assert.ok(performance.now() - started < 15_000, piece.slice(0, 10));
    }
  });

  it("is refused by a PolicyError that names a line, whatever the text is", () => {
    const pieces =
      "rules limits version 2 allow commands - : ? , [ ] { } ' \" | > & * ! % @ ` # ~ --- ... null 1e9 a &b *b !!map !!binary << \\ \\x".split(
        " ",
      );
    const text = fc
      .array(
        fc.constantFrom(
          ...pieces,
          " ",
          "  ",
          "\n",
          "\n",
          ": ",
          "- ",
          "\t",
          "\r",
          "\0",
          "é",
          "\ud800",
        ),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (source) => {
        try {
          readPolicyText(source, "policy.yml");
        } catch (error) {
          assert.ok(error instanceof PolicyError, String(error));
          assert.match(error.message, /^policy\.yml:[1-9]\d*: .*\.$/s);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("is refused by a PolicyError, whatever the value is", () => {
    const key = fc.constantFrom(
      "rules",
      "limits",
      "network",
      "overrides",
      "version",
      "commands",
      "a",
    );
    const leaf = fc.oneof(fc.constantFrom(null, 1, 2, "allow", true), fc.anything({ maxDepth: 1 }));
    const item = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })), {
      maxKeys: 4,
    });
    const value = fc.oneof(
      leaf,
      fc.dictionary(key, fc.oneof(leaf, item, fc.array(item, { maxLength: 3 }))),
    );
    fc.assert(
      fc.property(value, (source) => {
        try {
          readPolicyValue(source, "setting");
        } catch (error) {
          assert.ok(error instanceof PolicyError, String(error));
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("is named by its key path when it is a value", () => {
    assert.equal(
      valueError({ rules: [{}, {}, { action: "permit" }] }),
      'sshTasks.policy: rules[2].action must be allow, ask or deny, not "permit".',
    );
    assert.equal(valueError(null), "sshTasks.policy: The policy must be a map, not null.");
    assert.equal(valueError(undefined), "sshTasks.policy: The policy must be a map, not nothing.");
    assert.equal(valueError("{}"), 'sshTasks.policy: The policy must be a map, not "{}".');
    assert.match(valueError({ default: "x".repeat(2 ** 20) }), /larger than 1 MiB/);
    const circle: Record<string, unknown> = {};
    circle.rules = circle;
    assert.match(valueError(circle), /larger than 1 MiB/);
    assert.match(valueError(JSON.parse('{"__proto__": {}}')), /__proto__ is not known/);
    assert.match(
      valueError(() => 1),
      /must be a map, not function/,
    );
  });
});
