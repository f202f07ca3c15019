import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProcessListReader } from "../../src/ssh/processListReader";

function createReader(...lines: readonly string[]) {
  const reader = new ProcessListReader();
  const news = lines.map((line) => reader.readLine(line));
  return { news, result: () => reader.result("build01") };
}

describe("the list of a task's processes", () => {
  it("names each, by pid", () => {
    const { news, result } = createReader(
      "BEGIN",
      "PROCESS 12 11 3 root sleep  60 ",
      "PROCESS 11 1 4 dev sh -c x",
      "END listed",
    );

    assert.deepEqual(news, ["begun", undefined, undefined, "ended"]);
    assert.deepEqual(result(), [
      { pid: 11, parent: 1, ageSeconds: 4, user: "dev", command: "sh -c x" },
      { pid: 12, parent: 11, ageSeconds: 3, user: "root", command: "sleep  60" },
    ]);
  });

  it("is empty when there is none, and when the host has been started anew since", () => {
    assert.deepEqual(createReader("BEGIN", "END listed").result(), []);
    assert.deepEqual(createReader("BEGIN", "END rebooted").result(), []);
  });

  for (const end of ["END unscannable", "END", "END listed!"]) {
    it(`is none, and that is an error, on ${JSON.stringify(end)}`, () => {
      const { result } = createReader("PROCESS 1 1 1 a b", end);

      assert.throws(result, { code: "processesHidden" });
    });
  }

  it("shows control characters instead of obeying them, cuts what is long, and takes no number but counts", () => {
    const { result } = createReader(
      `PROCESS -1 0x1 1e9 \x1b[1m${"u".repeat(100)} \x07${"x".repeat(500)}`,
      "END listed",
    );

    const [only] = result();
    assert.deepEqual([only?.pid, only?.parent, only?.ageSeconds], [0, 0, 0]);
    assert.doesNotMatch(`${only?.user}${only?.command}`, /[\x00-\x1f]/);
    assert.deepEqual([only?.user.length, only?.command.length], [64, 200]);
  });

  it("is bounded", () => {
    const lines = Array.from({ length: 5000 }, (_, n) => `PROCESS ${n} 1 1 a b`);

    assert.equal(createReader(...lines, "END listed").result().length, 500);
  });
});
