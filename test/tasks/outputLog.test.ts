import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  formatCursor,
  OutputLog,
  outputStart,
  parseCursor,
  type OutputSlice,
} from "../../src/tasks/outputLog";
import type { OutputStream } from "../../src/tasks/remoteHost";
import { TaskError } from "../../src/tasks/taskError";
import { cut, KiB, MiB, trickyBytes } from "./bytes";
import { follow } from "./followOutput";

function createLog(stdout: string | Buffer = "", stderr: string | Buffer = ""): OutputLog {
  const log = new OutputLog();
  for (const piece of cut(Buffer.from(stdout), 32 * KiB)) log.append("stdout", piece);
  for (const piece of cut(Buffer.from(stderr), 32 * KiB)) log.append("stderr", piece);
  return log;
}

function join(slices: readonly OutputSlice[], stream: OutputStream): string {
  return slices.map((slice) => slice[stream]).join("");
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

const stream = fc.constantFrom<OutputStream>("stdout", "stderr");

describe("reading output by cursor", () => {
  it("gives every byte once, whatever came, in whatever pieces and pages, valid or not", () => {
    const step = fc.record({ stream, bytes: trickyBytes, page: fc.nat(12) });

    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 1, max: 12 }), (steps, lastPage) => {
        const log = new OutputLog();
        const written = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
        const slices: OutputSlice[] = [];
        let cursor = outputStart;
        for (const { stream: name, bytes, page } of steps) {
          log.append(name, bytes);
          written[name].push(bytes);
          const slice = log.read(cursor, page);
          slices.push(slice);
          cursor = slice.next;
        }
        log.end(MiB);
        slices.push(...follow(log, lastPage, cursor));

        for (const name of ["stdout", "stderr"] as const) {
          assert.equal(join(slices, name), decode(Buffer.concat(written[name])));
        }
        assert.ok(slices.every(({ gaps }) => gaps.length === 0));
      }),
      { numRuns: 1000 },
    );
  });

  it("never cuts a character, wherever the pieces and the pages end", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "€", "🚀", "\u0301"), maxLength: 60 });
    const sizes = fc.integer({ min: 1, max: 9 });

    fc.assert(
      fc.property(text, sizes, sizes, (written, piece, page) => {
        const log = new OutputLog();
        let read = "";
        let cursor = outputStart;
        for (const bytes of cut(Buffer.from(written), piece)) {
          log.append("stdout", bytes);
          for (const slice of follow(log, page, cursor)) {
            assert.doesNotMatch(slice.stdout, /\ufffd/);
            read += slice.stdout;
            cursor = slice.next;
          }
        }

        assert.equal(read, written);
      }),
    );
  });

  it("keeps the streams apart, and a byte order mark as it came", () => {
    const log = createLog("\ufeffout", "\ufefferr");

    const { stdout, stderr } = log.read(outputStart, 100);

    assert.deepEqual([stdout, stderr], ["\ufeffout", "\ufefferr"]);
  });

  it("holds back an unfinished character while more may come, and gives it out at the end", () => {
    const log = createLog(Buffer.from([0x61, 0xe2, 0x82]));

    const live = log.read(outputStart, 100);
    log.end(MiB);
    const ended = log.read(live.next, 100);

    assert.deepEqual([live.stdout, live.more, live.next.stdout], ["a", false, 1]);
    assert.deepEqual([ended.stdout, ended.more, ended.next.stdout], ["\ufffd", false, 3]);
  });

  it("gives nothing and stays where it is when there is nothing new", () => {
    const log = createLog("out", "err");
    const end = { stdout: 3, stderr: 3 };

    const expected = { stdout: "", stderr: "", next: end, gaps: [], more: false };
    assert.deepEqual(log.read(end, 100), expected);
    assert.deepEqual(log.read({ stdout: 99, stderr: 99 }, 100), expected);
  });

  it("says how much was written, kept or not", () => {
    assert.deepEqual(createLog("é", "abc").size, { stdout: 2, stderr: 3 });
  });
});

describe("a page of output", () => {
  const loud = "x".repeat(1000);

  it("is shared in halves when both streams have more than that", () => {
    const { stdout, stderr, more } = createLog(loud, loud).read(outputStart, 100);

    assert.deepEqual([stdout.length, stderr.length, more], [50, 50, true]);
  });

  it("leaves to one stream what the other doesn't need", () => {
    const loudOut = createLog(loud, "err").read(outputStart, 100);
    const loudErr = createLog("out", loud).read(outputStart, 100);

    assert.deepEqual([loudOut.stdout.length, loudOut.stderr], [97, "err"]);
    assert.deepEqual([loudErr.stdout, loudErr.stderr.length], ["out", 97]);
  });

  it("is no larger than asked for, but for one whole character a stream", () => {
    const amount = fc.integer({ min: 1, max: 300 });

    fc.assert(
      fc.property(amount, amount, amount, (out, err, page) => {
        const slice = createLog("é".repeat(out), "€".repeat(err)).read(outputStart, page);
        const bytes = Buffer.byteLength(slice.stdout + slice.stderr);

        assert.ok(bytes <= Math.max(8, page + 1), `${bytes} bytes for a page of ${page}`);
      }),
    );
  });
});

describe("output beyond what is kept", () => {
  /** Every byte is either given out or in a gap, each exactly once. */
  function assertAccountedFor(log: OutputLog, page: number): void {
    const slices = follow(log, page);
    const given = Buffer.byteLength(join(slices, "stdout"));
    const gaps = slices.flatMap((slice) => slice.gaps);
    const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0);

    assert.equal(gaps.length, 1);
    assert.equal(given + missing, log.size.stdout);
  }

  it("is one gap of exactly the bytes that are missing", () => {
    const line = (index: number): string => `${String(index).padStart(9, "0")}\n`;
    const written = Array.from({ length: 700_000 }, (_, index) => line(index)).join("");
    const log = createLog(written);

    const slices = follow(log, 100_000);
    const [gap] = slices.flatMap((slice) => slice.gaps);

    assert.ok(gap);
    assert.equal(gap.stream, "stdout");
    assert.equal(join(slices, "stdout"), written.slice(0, gap.from) + written.slice(gap.to));
    assertAccountedFor(log, 100_000);
  });

  it("shrinks to the 1 MiB of one result once the task has ended", () => {
    const log = createLog("x".repeat(6 * MiB));

    log.end(768 * KiB);

    const kept = join(follow(log, 100_000), "stdout").length;
    assert.ok(kept <= MiB && kept >= MiB - 64 * KiB);
    assertAccountedFor(log, 100_000);
  });

  for (const blocks of [96, 97, 98]) {
    it(`loses no byte unaccounted where a character is cut by it (after ${blocks} blocks)`, () => {
      // The head ends between two characters here, the tail begins before, in and after one.
      const log = createLog("a" + "€".repeat(Math.ceil((blocks * 64 * KiB) / 3)));

      assertAccountedFor(log, 100_000);
    });
  }

  for (const shift of [0, 1, 2]) {
    it(`never keeps a reader from what comes after it (head cut at byte ${shift} of one)`, () => {
      const log = createLog("a".repeat((4 - shift) % 3) + "€".repeat(2 * MiB));

      const text = join(follow(log, 100_000), "stdout");

      assert.ok(text.endsWith("€"));
      assert.ok(text.length > 1_000_000);
      log.end(768 * KiB);
      assert.ok(join(follow(log, 100_000), "stdout").endsWith("€"));
    });
  }
});

describe("a cursor", () => {
  it("comes back from its text as it was", () => {
    const offset = fc.nat(2 ** 31);

    fc.assert(
      fc.property(offset, offset, (stdout, stderr) => {
        assert.deepEqual(parseCursor(formatCursor({ stdout, stderr })), { stdout, stderr });
      }),
    );
  });

  for (const text of ["", "1", "1:", ":1", "1:2:3", "-1:2", "1.5:2", "a:b", " 1:2", "1:2\n"]) {
    it(`is refused when it is ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseCursor(text),
        (error) => error instanceof TaskError && error.code === "invalidRequest",
      );
    });
  }
});
