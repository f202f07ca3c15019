import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CancelReportReader } from "../../src/ssh/cancelReportReader";

function createReader(...lines: readonly string[]) {
  const reader = new CancelReportReader();
  const news = lines.map((line) => reader.readLine(line));
  return { reader, news, report: reader.result() };
}

describe("the report of a cancel", () => {
  it("says what was found, done and seen", () => {
    const before = Date.now();

    const { news, report } = createReader(
      "BEGIN",
      "FOUND 3 1",
      "SIGNAL TERM 3",
      "SIGNAL CONT 3",
      "SIGNAL STOP 1",
      "SIGNAL KILL 1",
      "END gone",
    );

    const { signals, ...rest } = report;
    assert.deepEqual(news, [
      "begun",
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      "ended",
    ]);
    assert.deepEqual(rest, {
      neverRan: false,
      mainProcessFound: true,
      processesFound: 3,
      gone: true,
      left: [],
      mayRemain: [],
    });
    assert.deepEqual(
      signals.map(({ signal, count }) => `${signal} ${count}`),
      ["TERM 3", "CONT 3", "STOP 1", "KILL 1"],
    );
    for (const { at } of signals) assert.ok(at >= before && at <= Date.now());
  });

  it("names what is left, with its user and its command", () => {
    const { report } = createReader("LEFT 12 root sudo sleep  60 ", "END left");

    assert.equal(report.gone, false);
    assert.deepEqual(report.left, [{ pid: 12, user: "root", command: "sudo sleep  60" }]);
    assert.equal(report.reason, undefined);
  });

  it("is good when the host has been started anew since", () => {
    assert.equal(createReader("BEGIN", "END rebooted").report.gone, true);
  });

  it("is not good, and says why, when the host can't show its processes", () => {
    const { report } = createReader("BEGIN", "END unscannable");

    assert.equal(report.gone, false);
    assert.match(String(report.reason), /can't show its processes/);
  });

  for (const [verdict, reason] of [
    ["held", /can't be seen still has a descriptor/],
    ["launching", /was being launched/],
    ["anything", /no verdict \(anything\)/],
    ["gonee", /no verdict/],
    ["constructor", /no verdict/],
    ["\x1b[2J", /no verdict \(\\x1b\[2J\)/],
    ["orphans", /can't be told whether these are the task's/],
  ] as const) {
    it(`is not good, and says why, when the verdict is ${JSON.stringify(verdict)}`, () => {
      const { report } = createReader("BEGIN", "FOUND 0 0", `END ${verdict}`);

      assert.equal(report.gone, false);
      assert.match(String(report.reason), reason);
    });
  }

  it("names the first of the orphans that may be the task's, and counts the others", () => {
    const orphans = Array.from({ length: 7 }, (_, n) => `ORPHAN ${n + 1} dev sleep \x1b[m${n}`);

    const { report } = createReader("BEGIN", "FOUND 0 0", ...orphans, "END orphans");

    assert.equal(report.gone, false);
    assert.match(String(report.reason), /: sleep \\x1b\[m0 \(pid 1\), .*\(pid 5\), 2 more\.$/);
    assert.doesNotMatch(String(report.reason), /pid 6/);
  });

  it("says of a command that never runs just that", () => {
    const { report } = createReader("BEGIN", "END never");

    assert.deepEqual([report.neverRan, report.gone], [true, true]);
  });

  it("has the exit code of a main process that had ended by itself", () => {
    assert.equal(createReader("BEGIN", "EXITED 7", "FOUND 0 0", "END gone").report.exitCode, 7);
    assert.equal("exitCode" in createReader("BEGIN", "END gone").report, false);
  });

  it("names what works through another daemon, each once, and no other word", () => {
    const { report } = createReader("FOREIGN docker sudo docker \x1b[31m ../x", "END gone");

    assert.deepEqual(report.mayRemain, ["docker", "sudo"]);
  });

  it("claims nothing when it breaks off", () => {
    const { reader } = createReader("BEGIN", "FOUND 3 1", "SIGNAL TERM 3");

    const report = reader.brokenOff("The host fell silent.");

    assert.deepEqual([report.gone, report.reason], [false, "The host fell silent."]);
    assert.equal(report.mainProcessFound, true);
    assert.equal(report.signals.length, 1);
  });

  it("shows control characters of a host instead of obeying them, and cuts what is long", () => {
    const { report } = createReader(
      `LEFT 7 \x1b[31mroot \x1b]0;title\x07\x9b ${"x".repeat(500)}`,
      "END left",
    );

    const [left] = report.left;
    assert.equal(left?.user, "\\x1b[31mroot");
    assert.match(left.command, /^\\x1b\]0;title\\x07\\x9b x+$/);
    assert.equal(left.command.length, 200);
  });

  it("never holds anything but counts, whatever the host writes for one", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "-1",
        "1e999",
        "NaN",
        "0x10",
        "",
        "1.5",
        "Infinity",
        "TERM",
        "99999999999999999999",
      ),
      fc.string(),
    );
    const line = fc
      .tuple(fc.constantFrom("FOUND", "SIGNAL TERM", "LEFT"), word, word)
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { report } = createReader(...lines, "END left");

        const counts = [
          report.processesFound,
          ...report.signals.map(({ count }) => count),
          ...report.left.map(({ pid }) => pid),
        ];
        for (const count of counts)
          assert.ok(Number.isSafeInteger(count) && count >= 0, `${count}`);
        for (const { user, command } of report.left)
          assert.doesNotMatch(user + command, /[\x00-\x1f\x7f-\x9f]/);
      }),
    );
  });

  it("ignores signals and words that there are not", () => {
    const { report } = createReader("SIGNAL HUP 1", "SIGNAL", "HELLO", "");

    assert.deepEqual(report.signals, []);
  });

  it("is bounded: a host that goes on for ever is not kept for ever", () => {
    const reader = new CancelReportReader();
    for (let n = 0; n < 10_000; n++) {
      reader.readLine(`LEFT ${n} root sleep`);
      reader.readLine("SIGNAL TERM 1");
    }

    assert.equal(reader.result().left.length, 200);
    assert.equal(reader.result().signals.length, 200);
  });

  it("is not good without a verdict", () => {
    const { report } = createReader("BEGIN", "FOUND 0 0");

    assert.equal(report.gone, false);
    assert.notEqual(report.reason, undefined);
  });
});
