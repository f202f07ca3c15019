/** Policies that are wrong: the text, and the whole message. */
export const wrongTexts: readonly (readonly [string, string])[] = [
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
