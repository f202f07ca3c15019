import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashCommand } from "../../src/tasks/taskId";
import { settle } from "../support/fakeClock";
import { globPolicy } from "../policy/samples";
import { createTestGate } from "./createTestGate";

describe("what is written down of a decision", () => {
  const rules = globPolicy("allow uptime", "ask id", "deny date");
  const policy = { ...rules, limits: {}, default: "ask" };

  it("is who wanted what, and the rule, the answer, the grant or the default that decided", async () => {
    const { admit, asker, records, clock } = createTestGate({ policy });
    for (const command of ["uptime", "date", "reboot"]) await admit(command);
    await admit("id");
    await asker.at(0).answer("once");
    await admit("other");
    await asker.at(1).answer("session");
    await admit("other");
    await settle();

    const said = records.map((record) =>
      record.type === "decision" ? [record.command, record.allowed, record.rule] : record.type,
    );

    assert.deepEqual(said, [
      ["uptime", true, "rules[0]"],
      ["date", false, "rules[2]"],
      ["reboot", false, 'deny_substrings "reboot"'],
      ["id", true, "answer: once"],
      ["other", true, "answer: session"],
      ["other", true, "grant of this session"],
    ]);
    const about = { at: clock.now(), alias: "build01", hash: hashCommand("uptime") };
    const who = { client: "agent:test", session: "5e55101d" };
    const what = { command: "uptime", allowed: true, rule: "rules[0]" };
    assert.deepEqual(records[0], { type: "decision", ...about, ...who, ...what });
  });

  it("is nothing before the person has answered, nor of a plan", async () => {
    const { admit, plan, records } = createTestGate();

    await admit("uptime");
    await plan("uptime");

    assert.deepEqual(records, []);
  });
});
