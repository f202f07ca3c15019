import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CancelReportReader } from "../../src/ssh/cancelReportReader";

function createReader(...lines: readonly string[]) {
  const reader = new CancelReportReader("nonce");
  const news = lines.map((line) => reader.push(Buffer.from(`${line}\n`)));
  return { reader, news, report: reader.result() };
}

describe("the report of a cancel", () => {
  it("says what was found, done and seen", () => {
    const before = Date.now();

    const { news, report } = createReader(
      "nonce BEGIN",
      "nonce FOUND 3 1",
      "nonce SIGNAL TERM 3",
      "nonce SIGNAL CONT 3",
      "nonce SIGNAL STOP 1",
      "nonce SIGNAL KILL 1",
      "nonce END gone",
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
    });
    assert.deepEqual(
      signals.map(({ signal, count }) => `${signal} ${count}`),
      ["TERM 3", "CONT 3", "STOP 1", "KILL 1"],
    );
    for (const { at } of signals) assert.ok(at >= before && at <= Date.now());
  });

  it("names what is left, with its user and its command", () => {
    const { report } = createReader("nonce LEFT 12 root sudo sleep  60 ", "nonce END left");

    assert.equal(report.gone, false);
    assert.deepEqual(report.left, [{ pid: 12, user: "root", command: "sudo sleep  60" }]);
    assert.equal(report.reason, undefined);
  });

  it("is good when the host has been started anew since", () => {
    assert.equal(createReader("nonce BEGIN", "nonce END rebooted").report.gone, true);
  });

  it("is not good, and says why, when the host can't show its processes", () => {
    const { report } = createReader("nonce BEGIN", "nonce END unscannable");

    assert.equal(report.gone, false);
    assert.match(String(report.reason), /can't show its processes/);
  });

  for (const lines of [
    ["BEGIN", "END gone"],
    ["nonceEND gone"],
    [" nonce END gone"],
    ["other END gone"],
    ["nonc", "e END gone"],
    ["Welcome! nonce END gone"],
    ["nonce\tEND gone"],
  ]) {
    it(`takes no word of one who does not know the nonce: ${JSON.stringify(lines)}`, () => {
      const { news, report } = createReader(...lines);

      assert.deepEqual(
        news,
        lines.map(() => undefined),
      );
      assert.equal(report.gone, false);
    });
  }

  it("is read however it is cut, characters of several bytes too", () => {
    const text = "rc noise\nnonce BEGIN\nnonce LEFT 1 jörg sleep ☃\nnonce END left\n";
    const reader = new CancelReportReader("nonce");

    const news = [...Buffer.from(text)].map((byte) => reader.push(Buffer.of(byte)));

    assert.deepEqual(
      news.filter((one) => one !== undefined),
      ["begun", "ended"],
    );
    assert.deepEqual(reader.result().left, [{ pid: 1, user: "jörg", command: "sleep ☃" }]);
  });

  it("shows control characters of a host instead of obeying them, and cuts what is long", () => {
    const { report } = createReader(
      `nonce LEFT 7 \x1b[31mroot \x1b]0;title\x07\x9b ${"x".repeat(500)}`,
      "nonce END left",
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
      .map((words) => `nonce ${words.join(" ")}`);
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { report } = createReader(...lines, "nonce END left");

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
    const { report } = createReader("nonce SIGNAL HUP 1", "nonce SIGNAL", "nonce HELLO", "nonce ");

    assert.deepEqual(report.signals, []);
  });

  it("is bounded: a host that goes on for ever is not read for ever", () => {
    const reader = new CancelReportReader("nonce");
    for (let n = 0; n < 100; n++) reader.push(Buffer.alloc(1024, "x"));

    assert.equal(reader.push(Buffer.from("\nnonce BEGIN\nnonce END gone\n")), undefined);
    assert.equal(reader.result().gone, false);
  });

  it("is not good without a verdict", () => {
    const { report } = createReader("nonce BEGIN", "nonce FOUND 0 0");

    assert.equal(report.gone, false);
    assert.notEqual(report.reason, undefined);
  });
});
