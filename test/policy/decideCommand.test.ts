import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decide, globPolicy } from "./samples";

const uptimeOnly = globPolicy("allow uptime*", "allow df -h*");
const noRemoving = globPolicy("allow *", "deny rm *", "deny rm");

function outcomeOf(policy: object, command: string): string {
  return decide(policy, command).outcome;
}

describe("a policy of the first generation", () => {
  it("denies what no rule matches, and says so", () => {
    assert.deepEqual(decide(uptimeOnly, "ls"), {
      outcome: "deny",
      rule: "default",
      why: "No rule allows it.",
    });
    assert.equal(outcomeOf({}, "uptime"), "deny");
  });

  it("allows what a rule matches, and names the rule", () => {
    assert.deepEqual(decide(uptimeOnly, "df -h /"), { outcome: "allow", rule: "rules[1]" });
  });

  it("does as the last matching rule says", () => {
    const policy = globPolicy("deny rm *", "allow rm -i *", "ask rm -i /etc*");

    assert.equal(decide(policy, "rm x").rule, "rules[0]");
    assert.equal(decide(policy, "rm -i x").rule, "rules[1]");
    assert.deepEqual(decide(policy, "rm -i /etc/x"), {
      outcome: "ask",
      rule: "rules[2]",
      why: "A rule wants the person to be asked.",
    });
  });

  it("matches globs case-sensitively, against the whole part", () => {
    assert.equal(outcomeOf(uptimeOnly, "uptime -s"), "allow");
    assert.equal(outcomeOf(uptimeOnly, "Uptime"), "deny");
    assert.equal(outcomeOf(globPolicy("allow uptime"), "uptime -s"), "deny");
  });

  it("denies by a rule without an action, and never matches one without commands", () => {
    const rules = [{ commands: ["*"], action: "allow" }, { commands: ["df*"] }, { action: "deny" }];

    assert.equal(decide({ rules }, "df").rule, "rules[1]");
    assert.equal(decide({ rules }, "uptime").outcome, "allow");
  });

  it("applies a rule to the hosts that its aliases and tags match", () => {
    const rules = [
      { action: "allow", commands: ["uptime"], aliases: ["web*", "db[12]"] },
      { action: "allow", commands: ["df"], tags: ["prod*"] },
      { action: "allow", commands: ["ls"], aliases: ["web*"], tags: ["dev"] },
    ];
    const allows = (command: string, alias: string, ...tags: string[]): boolean =>
      decide({ rules }, command, { alias, tags }).outcome === "allow";

    assert.ok(allows("uptime", "web1") && allows("uptime", "db2"));
    assert.ok(!allows("uptime", "db3") && !allows("uptime", "Web1"));
    assert.ok(allows("df", "x", "dev", "production"));
    assert.ok(!allows("df", "x") && !allows("df", "x", "dev"));
    assert.ok(allows("ls", "web1", "dev"));
    assert.ok(!allows("ls", "web1", "prod") && !allows("ls", "db1", "dev"));
  });

  it("does what its default says where no rule matches", () => {
    assert.equal(outcomeOf({ default: "ask" }, "uptime"), "ask");
    assert.equal(outcomeOf({ default: "allow" }, "uptime"), "allow");
    assert.equal(outcomeOf({ default: "deny" }, "uptime"), "deny");
    assert.equal(decide({ default: "ask" }, "uptime").rule, "default");
  });
});

describe("a chain", () => {
  it("is allowed only when every part is, and the denied part is named", () => {
    assert.equal(outcomeOf(uptimeOnly, "uptime && df -h"), "allow");
    for (const separator of ["&&", "||", ";", "|", "|&", "&", "\n", " \\\n&& "]) {
      const decision = decide(uptimeOnly, `uptime${separator}ls -l`);
      assert.deepEqual([decision.outcome, decision.deniedPart], ["deny", "ls -l"], separator);
    }
  });

  it("names no part when there is only one", () => {
    assert.equal(decide(uptimeOnly, "ls").deniedPart, undefined);
  });

  it("asks when a part asks and none is denied", () => {
    const policy = globPolicy("allow uptime", "ask df*");

    const asked = decide(policy, "uptime; df -h");

    assert.deepEqual([asked.outcome, asked.deniedPart], ["ask", "df -h"]);
    assert.equal(decide(policy, "df -h; ls").deniedPart, "ls");
  });

  it("is not split inside quotes, and escaped quotes open none", () => {
    assert.equal(outcomeOf(globPolicy("allow echo *"), "echo 'a; b' \"c && d\" e\\;f"), "allow");
    assert.equal(decide(uptimeOnly, 'uptime \\" ; rm x ; \\"').deniedPart, "rm x");
  });

  it("is seen through groups, loops and conditions", () => {
    for (const chain of [
      "(uptime; rm x)",
      "{ uptime; rm x; }",
      "if uptime; then rm x; fi",
      "while uptime; do rm x; done",
      "for i in 1 2; do rm $i; done",
      "! rm x",
    ]) {
      assert.equal(outcomeOf(uptimeOnly, chain), "deny", chain);
      assert.equal(outcomeOf(noRemoving, chain), "deny", chain);
      assert.equal(outcomeOf(noRemoving, chain.replace("rm", "df")), "allow", chain);
    }
    assert.equal(outcomeOf(uptimeOnly, "if uptime; then df -h; fi"), "allow");
  });
});

describe("syntax", () => {
  it("that can't be read is denied by every policy, with a sentence", () => {
    for (const command of ["uptime $(rm x)", "uptime `rm x`", "uptime > f", "uptime 'x", ""]) {
      for (const policy of [
        uptimeOnly,
        noRemoving,
        { default: "allow" },
        { version: 2, default: "ask" },
      ]) {
        const decision = decide(policy, command);
        assert.deepEqual([decision.outcome, decision.rule], ["deny", "syntax"], command);
        assert.match(decision.why ?? "", /^[A-Z].*\.$/);
      }
    }
  });

  it("of harmless redirections is no obstacle", () => {
    for (const redirection of ["2>&1", ">/dev/null", "2>/dev/null", ">&2", "1>&2", "</dev/null"]) {
      assert.equal(outcomeOf(uptimeOnly, `uptime ${redirection}`), "allow", redirection);
    }
  });

  it("of redirections never hides the words before or behind", () => {
    assert.equal(outcomeOf(noRemoving, "rm>/dev/null x"), "deny");
    assert.equal(outcomeOf(noRemoving, "2>/dev/null rm x"), "deny");
  });
});

describe("a disguise", () => {
  it("of quotes, escapes, assignments, blanks or a path gets no denied command through", () => {
    for (const command of [
      "r\\m x",
      "'rm' x",
      '"r"m x',
      "rm\tx",
      "rm   x",
      "X=1 rm x",
      "X+=1 rm x",
      "X=1 Y='a b' \\rm x",
      "/bin/rm x",
      "./rm x",
      "rm $X",
      "rm",
      "rm \\\n x",
    ]) {
      assert.equal(outcomeOf(noRemoving, command), "deny", command);
    }
  });

  it("of an assignment before a path is seen through too", () => {
    assert.equal(outcomeOf(globPolicy("allow *", "deny /bin/rm *"), "X=1 /bin/rm x"), "deny");
  });

  it("by an expansion that may turn out empty counts as that too", () => {
    const policy = globPolicy("allow *", "deny reboot", "deny rm -r");

    assert.equal(outcomeOf(policy, "reboot $X"), "deny");
    assert.equal(outcomeOf(policy, "rm $X -r"), "deny");
    assert.equal(outcomeOf(policy, "rm -r '$X'"), "allow");
  });

  it("by an expansion is denied in a program's place, and anything in an argument's", () => {
    assert.equal(decide(noRemoving, "$X y").rule, "syntax");
    assert.equal(outcomeOf(globPolicy("allow *", "deny cat /etc/*"), "cat $X"), "deny");
    assert.equal(outcomeOf(globPolicy("allow *", "deny cat /etc/*"), "cat '$X'"), "allow");
    assert.equal(outcomeOf(globPolicy("allow cat /tmp/?"), "cat /tmp/$X"), "deny");
    assert.equal(outcomeOf(globPolicy("allow cat /tmp/*"), "cat /tmp/$X"), "allow");
    assert.equal(outcomeOf(globPolicy("allow ls *"), "ls *.log ~/x {a,b}"), "allow");
  });

  it("that only may be what a rule allows is left to what follows", () => {
    const policy = { ...globPolicy("allow cat ?"), default: "allow" };

    assert.equal(decide(policy, "cat x").rule, "rules[0]");
    assert.deepEqual(decide(policy, "cat $X"), { outcome: "allow", rule: "default" });
  });

  it("of an assignment is not covered by a rule for the program behind it", () => {
    assert.equal(outcomeOf(uptimeOnly, "LD_PRELOAD=x uptime"), "deny");
    assert.equal(outcomeOf(globPolicy("allow LANG=C uptime"), "LANG=C uptime"), "allow");
  });

  it("of a command as an allowed one needs both of its texts to be allowed", () => {
    assert.equal(outcomeOf(globPolicy("allow ls *"), "'ls' x"), "deny");
    assert.equal(outcomeOf(globPolicy("allow 'ls' *"), "'ls' x"), "deny");
  });

  it("keeps a rule that asks from softening one that denies", () => {
    const policy = globPolicy("allow *", "deny rm *", "ask rm -i *");

    assert.equal(outcomeOf(policy, "rm -i x"), "ask");
    assert.equal(outcomeOf(policy, "rm $X x"), "deny");
    assert.equal(outcomeOf(policy, "X=1 rm -i x"), "deny");
    assert.equal(outcomeOf(globPolicy("allow *", "ask rm -i *"), "rm $X"), "ask");
  });
});

describe("a decision", () => {
  it("about ten thousand characters by two hundred rules takes at most two seconds", () => {
    const globs = Array.from({ length: 200 }, (_, index) => `deny *a*b*c${index}*`);
    const policy = { ...globPolicy(...globs), limits: {}, default: "allow" };

    for (const command of [
      `echo ${"ab ".repeat(3_300)}`,
      `echo ${"ab ".repeat(3_300)} "$X"`,
      `echo ${"$X ".repeat(3_300)}`,
      Array.from({ length: 500 }, (_, index) => `echo a b ${index}`).join("; "),
    ]) {
      const started = performance.now();

      decide(policy, command);

      assert.ok(performance.now() - started < 2_000, `${performance.now() - started} ms`);
    }
  });
});
