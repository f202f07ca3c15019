import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeDoor, describeStatus, noteOf, titleOf, visible } from "../../src/ui/taskText";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";

describe("a command's title", () => {
  for (const [command, title] of [
    ["make test", "make test"],
    ["  make\r\ntest", "make …"],
    ["\n\nmake", "make"],
    ["x".repeat(11), "xxxxxxxxx…"],
    ["rm -rf \u202e/", "rm -rf \ufffd/"],
  ] as const) {
    it(`of ${JSON.stringify(command)} is ${JSON.stringify(title)}`, () => {
      assert.equal(titleOf(command, 10), title);
    });
  }

  it("makes characters visible that hide or reorder others", () => {
    assert.equal(visible("a\u200bb\u2066c\ufeffd é 日本"), "a\ufffdb\ufffdc\ufffdd é 日本");
  });
});

describe("the words for a state", () => {
  it("say how a failure ended", async () => {
    const { tasks, startRunning, clock } = createTasks();
    const byCode = await startRunning();
    byCode.remote.exit(127);
    const bySignal = await startRunning();
    bySignal.remote.exit(139, "SEGV");
    const byDeadline = await startRunning({ maxSeconds: 5 });
    await clock.advance(6000);

    const words = [byCode, bySignal, byDeadline].map(({ task }) => {
      const now = tasks.getTask(task.id);
      return now && describeStatus(now);
    });

    assert.deepEqual(words, ["Failed (127)", "Failed (SEGV)", "Timed out"]);
  });

  it("explain what went wrong when it was not the command", async () => {
    const { tasks, start, hosts } = createTasks();
    const { id } = await start();
    hosts.of(id).failToStart(new Error("Connection refused. Check the port."));
    await settle();

    const now = tasks.getTask(id);

    assert.ok(now);
    assert.equal(describeStatus(now), "Failed");
    assert.deepEqual(noteOf(now), { text: "Connection refused. Check the port.", kind: "error" });
  });
});

describe("who started it", () => {
  for (const [door, name] of [
    ["agent:GitHub Copilot", "GitHub Copilot"],
    ["palette", "you"],
    ["tree", "you"],
    ["deadline", "its deadline"],
    ["elsewhere", "elsewhere"],
  ] as const) {
    it(`${door} is ${name}`, () => assert.equal(describeDoor(door), name));
  }
});
