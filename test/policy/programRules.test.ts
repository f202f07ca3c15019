import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decide, programPolicy } from "./samples";

/** What a single rule that allows does with a command: allow, or else deny by default. */
function allows(rule: object, command: string): boolean {
  return decide(programPolicy({ action: "allow", ...rule }), command).outcome === "allow";
}

describe("a policy of the second generation", () => {
  it("does as the first matching rule says", () => {
    const policy = programPolicy(
      { action: "deny", binary: "git", arg_prefix: ["push"] },
      { action: "allow", simple_binaries: ["git"] },
    );

    assert.equal(decide(policy, "git push origin").rule, "rules[0]");
    assert.equal(decide(policy, "git status").rule, "rules[1]");
    assert.equal(decide(policy, "ls").rule, "default");
  });

  it("applies a rule to the hosts that its aliases and tags match", () => {
    const policy = programPolicy({
      action: "allow",
      simple_binaries: ["ls"],
      aliases: ["web*"],
      tags: ["a"],
    });

    assert.equal(decide(policy, "ls", { alias: "web1", tags: ["a"] }).outcome, "allow");
    assert.equal(decide(policy, "ls", { alias: "web1" }).outcome, "deny");
    assert.equal(decide(policy, "ls", { alias: "db1", tags: ["a"] }).outcome, "deny");
  });

  it("decides each part of a chain, and does what its default says where no rule matches", () => {
    const policy = programPolicy({ action: "allow", simple_binaries: ["ls", "df"] });

    assert.equal(decide(policy, "ls | df && ls").outcome, "allow");
    assert.equal(decide(policy, "ls; rm x").deniedPart, "rm x");
    assert.equal(decide({ ...policy, default: "ask" }, "ls; rm x").outcome, "ask");
  });

  it("denies by a rule without an action", () => {
    assert.equal(
      decide({ version: 2, default: "allow", rules: [{ simple_binaries: ["ls"] }] }, "ls").rule,
      "rules[0]",
    );
  });

  it("allows no substitution, quoted or not, no path and no assignment, whatever the default", () => {
    const policy = { version: 2, default: "allow" };

    for (const command of [
      "ls '$(x)'",
      "ls '`x`'",
      "/bin/ls",
      "./ls",
      "X=1 ls",
      "X=1",
      "ls $(x)",
      "ls 'a",
    ]) {
      assert.equal(decide(policy, command).rule, "syntax", command);
    }
    assert.equal(decide(policy, "ls /bin").outcome, "allow");
  });
});

describe("simple_binaries", () => {
  it("match the exact program, unquoted", () => {
    const rule = { simple_binaries: ["ls", "df"] };

    assert.ok(allows(rule, "ls -l x") && allows(rule, "df") && allows(rule, "'l's"));
    assert.ok(!allows(rule, "lsof") && !allows(rule, "LS") && !allows(rule, "ls*"));
  });

  it("match at most simple_max_args arguments", () => {
    const rule = { simple_binaries: ["ls"], simple_max_args: 1 };

    assert.ok(allows(rule, "ls") && allows(rule, "ls 'a b'"));
    assert.ok(!allows(rule, "ls a b"));
    assert.ok(allows({ simple_binaries: ["ls"], simple_max_args: 0 }, "ls"));
    assert.ok(!allows({ simple_binaries: ["ls"], simple_max_args: 0 }, "ls a"));
  });

  it("allow no argument that could be more than text, nor one that is not known", () => {
    for (const arg of ["'a;b'", "'a&&b'", "'a||b'", "'a|b'", "a\\;b", "$X", "*", "~"]) {
      assert.ok(!allows({ simple_binaries: ["ls"] }, `ls ${arg}`), arg);
    }
    assert.ok(allows({ simple_binaries: ["ls"] }, "ls 'a&b' '*'"));
  });

  it("deny whatever the arguments are", () => {
    const rules = [{ action: "deny", simple_binaries: ["rm"], simple_max_args: 1 }];
    const outcomeOf = (command: string): string =>
      decide({ version: 2, default: "allow", rules }, command).outcome;

    assert.equal(outcomeOf("rm 'a;b'"), "deny");
    assert.equal(outcomeOf("rm $X"), "deny");
    assert.equal(outcomeOf("rm a b"), "allow");
    assert.equal(outcomeOf("rm a b $X"), "allow");
  });
});

describe("a rule for a program's arguments", () => {
  it("matches the exact leading arguments", () => {
    const rule = { binary: "git", arg_prefix: ["log", "--oneline"] };

    assert.ok(allows(rule, "git log --oneline") && allows(rule, "git log '--oneline' -5 $X"));
    assert.ok(!allows(rule, "git log") && !allows(rule, "git log -5 --oneline"));
    assert.ok(!allows(rule, "git log $X") && !allows(rule, "tig log --oneline"));
  });

  it("matches when every argument that path_args name is there and fits a glob", () => {
    const rule = {
      binary: "cp",
      path_args: { indices: [1, 2], patterns: ["/tmp/*", "/var/log/*"] },
    };

    assert.ok(allows(rule, "cp /tmp/a /var/log/b") && allows(rule, "cp /tmp/a /tmp/b c $X"));
    assert.ok(!allows(rule, "cp /tmp/a") && !allows(rule, "cp /tmp/a /etc/b"));
    assert.ok(!allows(rule, "cp /tmp/$X /tmp/b") && !allows(rule, "cp $X /tmp/a /tmp/b"));
  });

  it("counts the program as index 0", () => {
    assert.ok(allows({ binary: "cp", path_args: { indices: [0], patterns: ["c*"] } }, "cp x"));
  });

  it("matches the exact number of arguments with allow_extra_args: false", () => {
    const prefix = { binary: "git", arg_prefix: ["log"], allow_extra_args: false };
    const paths = {
      binary: "cat",
      path_args: { indices: [1], patterns: ["/tmp/*"] },
      allow_extra_args: false,
    };
    const either = { ...prefix, path_args: { indices: [2], patterns: ["v*"] } };

    assert.ok(
      allows(prefix, "git log") && !allows(prefix, "git log x") && !allows(prefix, "git log $X"),
    );
    assert.ok(allows(paths, "cat /tmp/a") && !allows(paths, "cat /tmp/a b"));
    assert.ok(allows(either, "git log v1") && !allows(either, "git log v1 x"));
    assert.ok(!allows(either, "git log"));
  });

  it("that denies also counts where an expansion might make it match", () => {
    const deny = (rule: object): object => ({
      version: 2,
      default: "allow",
      rules: [{ action: "deny", ...rule }],
    });
    const push = deny({ binary: "git", arg_prefix: ["push"] });
    const etc = deny({ binary: "cat", path_args: { indices: [1], patterns: ["/etc/*"] } });

    assert.equal(decide(push, "git $X").outcome, "deny");
    assert.equal(decide(push, "git log $X").outcome, "allow");
    assert.equal(decide(etc, "cat $X").outcome, "deny");
    assert.equal(decide(etc, "cat /tmp/a $X").outcome, "allow");
    assert.equal(decide(etc, "X $Y").outcome, "allow");
  });

  it("that asks does not soften a denial behind it where it only might match", () => {
    const policy = programPolicy(
      { action: "ask", binary: "git", arg_prefix: ["log"] },
      { action: "deny", simple_binaries: ["git"] },
    );

    assert.equal(decide(policy, "git log").outcome, "ask");
    assert.equal(decide(policy, "git $X").outcome, "deny");
  });
});
