import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { OutputLog } from "../../src/tasks/outputLog";
import { cut, KiB, MiB } from "./bytes";

function createLog(stdout: string | Buffer = "", stderr: string | Buffer = ""): OutputLog {
  const log = new OutputLog();
  for (const piece of cut(Buffer.from(stdout), 32 * KiB)) log.append("stdout", piece);
  for (const piece of cut(Buffer.from(stderr), 32 * KiB)) log.append("stderr", piece);
  return log;
}

/** Numbered lines of ten bytes each. */
function lines(count: number): string {
  return Array.from({ length: count }, (_, at) => `${String(at).padStart(9, "0")}\n`).join("");
}

describe("a summary of output", () => {
  it("is all of it where that fits", () => {
    const log = createLog("out\n", "err\n");

    const summary = log.summarize(8);

    assert.deepEqual(summary, {
      stdout: "out\n",
      stderr: "err\n",
      next: { stdout: 4, stderr: 4 },
      gaps: [],
      more: false,
    });
  });

  it("is the first quarter, the last three, and the gap between them, said in between", () => {
    const written = lines(100);
    const log = createLog(written);
    log.end(MiB);

    const { stdout, gaps, next } = log.summarize(400);

    assert.deepEqual(gaps, [{ stream: "stdout", from: 100, to: 700 }]);
    assert.equal(
      stdout,
      `${written.slice(0, 100)}\n[600 bytes of stdout left out here]\n${written.slice(700)}`,
    );
    assert.deepEqual(next, { stdout: 1000, stderr: 0 });
  });

  it("keeps the streams apart, and shares what there is place for", () => {
    const log = createLog(lines(100), "err\n");
    log.end(MiB);

    const { stdout, stderr, gaps } = log.summarize(404);

    assert.equal(stderr, "err\n");
    assert.deepEqual(gaps, [{ stream: "stdout", from: 100, to: 700 }]);
    assert.match(stdout, /600 bytes of stdout left out here/);
  });

  it("counts as missing also what is no longer kept", () => {
    const written = lines(700_000);
    const log = createLog(written);
    log.end(768 * KiB);

    const { stdout, gaps } = log.summarize(MiB);
    const [gap] = gaps;

    assert.ok(gap);
    assert.equal(gaps.length, 1);
    assert.equal(gap.from, 256 * KiB);
    assert.ok(gap.to >= written.length - 768 * KiB);
    assert.ok(gap.to <= written.length - 768 * KiB + 64 * KiB);
    assert.ok(stdout.startsWith(written.slice(0, gap.from)));
    assert.ok(stdout.endsWith(written.slice(gap.to)));
    assert.ok(stdout.includes(`[${gap.to - gap.from} bytes of stdout left out here]`));
  });

  it("accounts for every byte and cuts no character, whatever its size", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "€", "🚀"), maxLength: 200 });

    fc.assert(
      fc.property(text, fc.integer({ min: 16, max: 400 }), (written, max) => {
        const log = createLog(written);
        log.end(MiB);

        const { stdout, gaps, next } = log.summarize(max);

        const bytes = Buffer.from(written);
        const [gap] = gaps;
        const expected = gap
          ? `${bytes.subarray(0, gap.from).toString()}\n[${gap.to - gap.from} bytes of stdout left out here]\n` +
            bytes.subarray(gap.to).toString()
          : written;
        assert.equal(stdout, expected);
        assert.doesNotMatch(stdout, /\ufffd/);
        assert.equal(next.stdout, bytes.length);
      }),
    );
  });

  it("of a command that still writes ends before an unfinished character, as reading does", () => {
    const start = Buffer.from("a".repeat(100));
    const log = createLog(Buffer.concat([start, Buffer.from([0xe2, 0x82])]));

    for (const max of [50, 1000]) {
      const { stdout, next } = log.summarize(max);

      assert.doesNotMatch(stdout, /\ufffd/, `with room for ${max} bytes`);
      assert.equal(next.stdout, start.length);
    }
  });
});

describe("the last lines of output", () => {
  it("are those of stdout, then those of stderr", () => {
    const log = createLog("a\nb\n", "c\nd\n");

    assert.deepEqual(log.lastLines(10), ["a", "b", "c", "d"]);
    assert.deepEqual(log.lastLines(3), ["b", "c", "d"]);
    assert.equal(log.lineCount, 4);
  });

  it("leave off empty lines at the end of a stream, and no others", () => {
    const log = createLog("\n  a  \n\nb \n\n\n", "\n");

    assert.deepEqual(log.lastLines(10), ["", "  a  ", "", "b "]);
    assert.equal(log.lineCount, 4);
  });

  it("are none when nothing was written", () => {
    assert.deepEqual(createLog().lastLines(10), []);
    assert.equal(createLog().lineCount, 0);
  });

  it("are cut to the bytes that are asked for, never inside a character", () => {
    const log = createLog("é".repeat(100), "é".repeat(100));

    assert.deepEqual(log.lastLines(10, 11), ["ééé", "éé"]);
  });

  it("show a line that isn't finished yet", () => {
    assert.deepEqual(createLog("a\nb").lastLines(1), ["b"]);
  });

  it("are as many as were counted, while all of it is kept", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\n", "é"), maxLength: 30 });

    fc.assert(
      fc.property(text, text, (out, err) => {
        const log = createLog(out, err);
        log.end(MiB);

        assert.equal(log.lastLines(1000).length, log.lineCount);
      }),
    );
  });

  it("are at hand, and counted in full, when most of the output is no longer kept", () => {
    const log = createLog(lines(700_000));
    log.end(768 * KiB);

    assert.deepEqual(log.lastLines(2), ["000699998", "000699999"]);
    assert.equal(log.lineCount, 700_000);
  });
});
