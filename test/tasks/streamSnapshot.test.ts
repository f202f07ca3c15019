import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { StreamLog } from "../../src/tasks/streamLog";
import { cut, KiB, MiB, numberedBytes } from "./bytes";

const headLimit = 256 * KiB;
const tailLimit = 4 * MiB;
const block = 64 * KiB;

function createLog(chunks: readonly Buffer[] = []): StreamLog {
  const log = new StreamLog();
  for (const chunk of chunks) log.append(chunk);
  return log;
}

/** What happens to a stream, in any order: bytes come, or those before a later offset are lost. */
const history = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(KiB, block, headLimit).map((size) => numberedBytes(size + 1)),
    fc.nat(5000),
  ),
  { maxLength: 12 },
);

/** @returns the log, and its stream as it was, with a hole (undefined) wherever bytes are lost. */
function play(steps: readonly (Buffer | number)[], log = new StreamLog()): (number | undefined)[] {
  const written: (number | undefined)[] = [];
  for (const step of steps) {
    if (typeof step === "number") {
      log.skipTo(log.size + step);
      for (let lost = 0; lost < step; lost++) written.push(undefined);
    } else {
      log.append(step);
      for (const byte of step) written.push(byte);
    }
  }
  return written;
}

/** Of both logs: everything that can be asked. */
function assertReadsAlike(log: StreamLog, other: StreamLog, page: number): void {
  assert.deepEqual([other.size, other.lineCount], [log.size, log.lineCount]);
  for (let at = 0; at <= log.size; at += page)
    assert.deepEqual(other.read(at, page), log.read(at, page));
  assert.deepEqual(other.readEnd(page), log.readEnd(page));
  assert.deepEqual(other.snapshot(), log.snapshot());
}

describe("a stream log that misses bytes", () => {
  it("gives every byte that came and nothing for those that are lost, wherever they are", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 9000 }), (steps, page) => {
        const log = new StreamLog();
        const written = play(steps, log);
        const seen = written.map((): number | undefined => undefined);

        for (let at = 0; at < log.size;) {
          const { from, bytes, cutOff } = log.read(at, page);
          for (const [index, byte] of bytes.entries()) seen[from + index] = byte;
          const next = from + bytes.length;
          assert.ok(next > at, `no way on from ${at}`);
          assert.equal(cutOff, next < log.size && written[next] === undefined);
          at = next;
        }

        assert.equal(log.size, written.length);
        assert.deepEqual(seen, written);
      }),
    );
  });

  it("is as it was when told of an offset it is at or beyond", () => {
    const log = createLog([Buffer.from("hello\n")]);

    for (const offset of [-1, 0, 5, 6]) log.skipTo(offset);

    assertReadsAlike(log, createLog([Buffer.from("hello\n")]), 3);
  });

  it("counts what is lost as at most one more line", () => {
    const log = createLog([Buffer.from("a\n")]);

    log.skipTo(100);
    assert.equal(log.lineCount, 2);
    log.append(Buffer.from("\nb\n\n"));

    assert.equal(log.lineCount, 3);
  });

  it("gives the bytes before what is lost at its end as its last ones", () => {
    const log = createLog([Buffer.from("hello")]);
    log.skipTo(100);

    assert.deepEqual(log.readEnd(2), { from: 3, bytes: Buffer.from("lo"), cutOff: true });
    assert.deepEqual(log.read(5, 10), { from: 100, bytes: Buffer.alloc(0), cutOff: false });
  });

  it("takes no more memory than it keeps and a block, however full of gaps it is", () => {
    const log = createLog();
    for (let k = 0; k < 20_000; k++) {
      log.append(Buffer.alloc(k % 2 === 0 ? 60 * KiB : 1));
      log.skipTo(log.size + 1);
    }

    assert.ok(log.memoryBytes <= tailLimit + headLimit + 2 * block, `${log.memoryBytes} bytes`);
  });

  it("takes little memory for single bytes between gaps, as it keeps the last thousand of them", () => {
    const log = createLog();
    for (let k = 0; k < 20_000; k++) {
      log.append(Buffer.alloc(1));
      log.skipTo(log.size + 1);
    }

    assert.ok(log.memoryBytes <= 4 * KiB, `${log.memoryBytes} bytes`);
    assert.equal(log.snapshot().runs.length, 1025);
  });
});

describe("a snapshot of a stream log", () => {
  it("comes back as a log that reads the same, and goes on the same", () => {
    fc.assert(
      fc.property(history, history, fc.integer({ min: 500, max: 9000 }), (before, after, page) => {
        const log = new StreamLog();
        play(before, log);

        const restored = StreamLog.restore(log.snapshot());

        assertReadsAlike(log, restored, page);
        play(after, log);
        play(after, restored);
        assertReadsAlike(log, restored, page);
      }),
    );
  });

  it("comes back also of a log that keeps only its start and its end, or no tail at all", () => {
    const sizes = fc.tuple(fc.nat(400 * KiB), fc.nat(20 * KiB), fc.nat(20 * KiB));
    fc.assert(
      fc.property(sizes, fc.boolean(), ([size, start, end], bare) => {
        const log = createLog(cut(numberedBytes(size), 10_000));
        if (bare) log.shrinkTail(0);
        else log.keepOnly(start, end);

        assertReadsAlike(log, StreamLog.restore(log.snapshot()), 7000);
      }),
      { numRuns: 50 },
    );
  });

  it("comes back of a log that keeps its start and nothing of its end", () => {
    const log = createLog([Buffer.from("hello")]);
    log.keepOnly(2, 0);

    assert.deepEqual(log.readEnd(9).bytes.toString(), "he");
    assertReadsAlike(log, StreamLog.restore(log.snapshot()), 1);
  });

  it("comes back of a log that dropped what was between its head and its tail", () => {
    const log = createLog(cut(numberedBytes(6 * MiB), 10_000));

    const snapshot = log.snapshot();
    const restored = StreamLog.restore(snapshot);

    assert.equal(snapshot.runs.length, 2);
    assertReadsAlike(log, restored, MiB);
    assert.ok(restored.memoryBytes <= headLimit + tailLimit + 2 * block);
  });

  it("doesn't change with its log, nor a log that came from it with it", () => {
    const log = createLog(cut(numberedBytes(5 * MiB), 32 * KiB));
    const snapshot = log.snapshot();
    const restored = StreamLog.restore(snapshot);
    const copy = restored.snapshot();

    for (let k = 0; k < 200; k++) log.append(Buffer.alloc(64 * KiB, "!"));
    assert.deepEqual(snapshot, copy);
    for (const { bytes } of snapshot.runs) bytes.fill("?");

    assert.deepEqual(restored.snapshot(), copy);
  });
});
