import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultDenySubstrings } from "../../src/policy/denySubstrings";
import { decide } from "./samples";

/** Allows everything else. */
function deciding(entries?: readonly string[]) {
  const limits = entries === undefined ? {} : { deny_substrings: entries };
  const rules = [{ action: "allow", commands: ["*"] }];
  return (command: string): string => {
    const { outcome, rule } = decide({ limits, rules }, command);
    return outcome === "allow" ? "allow" : rule;
  };
}

describe("deny_substrings", () => {
  it("deny by default what has always been on the list", () => {
    const decided = deciding();

    for (const entry of defaultDenySubstrings) {
      const rule = `deny_substrings ${JSON.stringify(entry)}`;
      assert.equal(decided(`${entry}x`), rule);
      assert.equal(decided(entry), rule);
    }
    assert.equal(defaultDenySubstrings.length, 20);
  });

  it("stand above every rule, in both generations, and name the part", () => {
    const program = { version: 2, rules: [{ action: "allow", simple_binaries: ["nc"] }] };

    assert.equal(decide(program, "nc -l").rule, 'deny_substrings "nc "');
    assert.equal(
      decide({ rules: [{ action: "allow", commands: ["*"] }] }, "uptime; nc -l").deniedPart,
      "nc -l",
    );
  });

  it("are found however a command is quoted, escaped, spaced, assigned to or named by its path", () => {
    const decided = deciding();

    for (const command of [
      "rm  -rf   /",
      "r\\m '-rf' \"/\"",
      "rm\t-rf\t/etc",
      "X=1 rm -rf /",
      "/bin/rm -rf /",
      "sudo rm -rf /",
      "sh -c 'rm -rf /'",
      "sh -c \"r'm' -rf /\"",
      "sh -c 'r\\m -rf /'",
      "uptime;rm -rf /",
      "(rm -rf /)",
    ]) {
      assert.equal(decided(command), 'deny_substrings "rm -rf /"', command);
    }
  });

  it("begin where a word begins", () => {
    const decided = deciding();

    assert.equal(decided("rsync a b"), "allow");
    assert.equal(decided("my-nc x"), "allow");
    assert.equal(decided("sudo nc x"), 'deny_substrings "nc "');
    assert.equal(decided("/usr/bin/nc x"), 'deny_substrings "nc "');
    assert.equal(deciding(["/etc/shadow"])("cat x/etc/shadow"), 'deny_substrings "/etc/shadow"');
  });

  it("deny a program that is all of the entry, and no mention of it elsewhere", () => {
    const decided = deciding();

    assert.equal(decided("nc"), 'deny_substrings "nc "');
    assert.equal(decided("/sbin/reboot"), 'deny_substrings "reboot"');
    assert.equal(decided("X=1 'ssh'"), 'deny_substrings "ssh "');
    assert.equal(decided("systemctl status ssh"), "allow");
    assert.equal(decided("systemctl status ssh | cat"), "allow");
    assert.equal(decided("echo nc"), "allow");
  });

  it("that have operators of the shell in them are found across the parts of a command", () => {
    assert.equal(deciding()(":(){ :|:& };:"), 'deny_substrings ":(){ :|:& };:"');
    assert.equal(deciding(["a && b"])("a  && 'b'"), 'deny_substrings "a && b"');
  });

  it("may be completed by an expansion once their first word is there", () => {
    const decided = deciding();

    assert.equal(decided("rm -rf $X"), 'deny_substrings "rm -rf /"');
    assert.equal(decided("rm $X"), 'deny_substrings "rm -rf /"');
    assert.equal(decided("rm $X -rf /"), 'deny_substrings "rm -rf /"');
    assert.equal(decided("dd if=$X of=y"), 'deny_substrings "dd if=/dev/zero"');
    assert.equal(decided("ls $HOME"), "allow");
    assert.equal(decided("rm -i $X"), "allow");
    assert.equal(decided("rm '$X'"), "allow");
    assert.equal(decided("echo re$X"), "allow");
  });

  it("are plain text, are all replaced by a list of one's own, and may be none", () => {
    assert.equal(deciding(["shutdown*"])("shutdown -h now"), "allow");
    assert.equal(deciding(["foo"])("rm -rf /"), "allow");
    assert.equal(deciding(["foo"])("foo"), 'deny_substrings "foo"');
    assert.equal(deciding([])("reboot"), "allow");
    assert.equal(deciding(["", " "])("a b"), "allow");
  });
});
