import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PolicyError, readPolicyText, readPolicyValue } from "../../src/policy/readPolicy";

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

/** [text, the whole message] */
const wrongTexts: readonly (readonly [string, string])[] = [
  ["", "policy.yml:1: The policy must be a map, not null."],
  ["# nothing\n", "policy.yml:1: The policy must be a map, not null."],
  ["- a", 'policy.yml:1: The policy must be a map, not ["a"].'],
  ["rules", 'policy.yml:1: The policy must be a map, not "rules".'],
  ["limits:\n", "policy.yml:1: limits must be a map, not null."],
  [
    "\nrules:\n  - action: permit\n",
    'policy.yml:3: rules[0].action must be allow, ask or deny, not "permit".',
  ],
  [
    "rules:\n  - action: allow\n    commands: [a]\n  - commands: [a]\n    alias: [b]\n",
    "policy.yml:5: rules[1].alias is not known; write aliases instead.",
  ],
  ["ruels: []", "policy.yml:1: ruels is not known; write rules instead."],
  [
    "\n\nwhatsoever: 1",
    "policy.yml:3: whatsoever is not known; write one of default, known_hosts_path, limits, network, overrides, version, rules.",
  ],
  [
    "limits:\n  max_secs: 5",
    "policy.yml:2: limits.max_secs is not known; write max_seconds instead.",
  ],
  [
    "overrides:\n  tags:\n    a:\n      max_seconds: 0",
    "policy.yml:4: overrides.tags.a.max_seconds must be a whole number from 1 to 1000000000, not 0.",
  ],
  [
    "overrides:\n  aliases:",
    "policy.yml:2: overrides.aliases must be a map of names to limits, not null.",
  ],
  ["overrides:\n  aliases:\n    a:", "policy.yml:3: overrides.aliases.a must be a map, not null."],
  ["rules: {}", "policy.yml:1: rules must be a list of rules, not {}."],
  ["rules:\n- commands: ls", 'policy.yml:2: rules[0].commands must be a list of texts, not "ls".'],
  ["rules:\n- commands:\n  - a\n  - 7", "policy.yml:4: rules[0].commands[1] must be text, not 7."],
  ["rules:\n- commands:\n  - ''", "policy.yml:3: rules[0].commands[0] is empty; write a text."],
  [
    "limits:\n  deny_substrings: rm",
    'policy.yml:2: limits.deny_substrings must be a list of texts, not "rm".',
  ],
  [
    "limits:\n  deny_substrings: [a,\n   1]",
    "policy.yml:3: limits.deny_substrings[1] must be text, not 1.",
  ],
  [
    "limits:\n  deny_substrings:",
    "policy.yml:2: limits.deny_substrings must be a list of texts, not null.",
  ],
  [
    "limits:\n  max_seconds: 1.5",
    "policy.yml:2: limits.max_seconds must be a whole number from 1 to 1000000000, not 1.5.",
  ],
  [
    "limits:\n  max_seconds: '60'",
    'policy.yml:2: limits.max_seconds must be a whole number from 1 to 1000000000, not "60".',
  ],
  ["default: maybe", 'policy.yml:1: default must be allow, ask or deny, not "maybe".'],
  ["version: 3", "policy.yml:1: version must be 1 or 2, not 3."],
  ["version: '2'", 'policy.yml:1: version must be 1 or 2, not "2".'],
  [
    "rules:\n- binary: ls",
    "policy.yml:2: rules[0].binary belongs to a version 2 policy; write commands instead, or version: 2 at the top.",
  ],
  [
    "version: 2\nrules:\n- commands: [ls]",
    "policy.yml:3: rules[0].commands belongs to a version 1 policy; write simple_binaries or binary instead, or leave version out.",
  ],
  [
    "version: 2\nrules:\n- action: allow",
    "policy.yml:3: rules[0] must have either simple_binaries or binary.",
  ],
  [
    "version: 2\nrules:\n- binary: ls\n  simple_binaries: [a]",
    "policy.yml:3: rules[0] must have either simple_binaries or binary.",
  ],
  [
    "version: 2\nrules:\n- binary: ls",
    "policy.yml:3: rules[0] has binary, so it must have arg_prefix or path_args too.",
  ],
  [
    "version: 2\nrules:\n- simple_binaries: [ls]\n  arg_prefix: [a]",
    "policy.yml:3: rules[0] has simple_binaries; arg_prefix, path_args and allow_extra_args go with binary only.",
  ],
  [
    "version: 2\nrules:\n- binary: ls\n  arg_prefix: [a]\n  simple_max_args: 1",
    "policy.yml:3: rules[0] has binary; simple_max_args goes with simple_binaries only.",
  ],
  [
    "version: 2\nrules:\n- binary: ls\n  path_args:\n    indices: []\n    patterns: [a]",
    "policy.yml:5: rules[0].path_args.indices is empty; name at least one argument number.",
  ],
  [
    "version: 2\nrules:\n- binary: ls\n  path_args:\n    indices: [-1]\n    patterns: [a]",
    "policy.yml:5: rules[0].path_args.indices[0] must not be negative.",
  ],
  [
    "network:\n  allow_ips:\n  - 10.0.0.256",
    'policy.yml:3: network.allow_ips[0] must be an IP address such as 10.0.0.1 or fd00::1, not "10.0.0.256".',
  ],
  [
    "network:\n  block_ips: [10.0.0.0/8]",
    'policy.yml:2: network.block_ips[0] must be an IP address such as 10.0.0.1 or fd00::1, not "10.0.0.0/8".',
  ],
  [
    "network:\n  block_cidrs: [10.0.0.0/33]",
    'policy.yml:2: network.block_cidrs[0] must be a CIDR range such as 10.0.0.0/8 or fd00::/8, not "10.0.0.0/33".',
  ],
  [
    "network:\n  allow_cidrs: ['fe80::1%eth0/64']",
    'policy.yml:2: network.allow_cidrs[0] must be a CIDR range such as 10.0.0.0/8 or fd00::/8, not "fe80::1%eth0/64".',
  ],
  ["network:\n  allow_cidrs:", "policy.yml:2: network.allow_cidrs must be a list, not null."],
  [
    "a: &x [1]\nb: *x",
    "policy.yml:1: YAML anchors and aliases are not read. Write the value out at each place.",
  ],
  [
    "__proto__: {}",
    "policy.yml:1: __proto__ is not known; write one of default, known_hosts_path, limits, network, overrides, version, rules.",
  ],
];

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
