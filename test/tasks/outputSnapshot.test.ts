import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { OutputLog, outputStart, type OutputSlice } from "../../src/tasks/outputLog";
import type { OutputStream } from "../../src/tasks/remoteHost";
import { KiB, MiB, trickyBytes } from "./bytes";
import { follow } from "./followOutput";

function createLog(stdout: string | Buffer): OutputLog {
  const log = new OutputLog();
  log.append("stdout", Buffer.from(stdout));
  return log;
}

const stream = fc.constantFrom<OutputStream>("stdout", "stderr");

describe("output of which bytes are lost", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "€", "🚀", "\n"), maxLength: 9 });
  const step = fc.record({
    stream,
    bytes: fc.oneof(
      trickyBytes,
      text.map((value) => Buffer.from(value)),
    ),
    lost: fc.nat(9),
    page: fc.nat(12),
  });

  it("is given out or in a gap, every byte once, and never keeps a reader from what comes after", () => {
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 1, max: 12 }), (steps, page) => {
        const log = new OutputLog();
        const lostOf = { stdout: 0, stderr: 0 };
        const slices: OutputSlice[] = [];
        let cursor = outputStart;
        for (const { stream: name, bytes, lost, page: now } of steps) {
          log.append(name, bytes);
          log.skipTo(name, log.size[name] + lost);
          lostOf[name] += lost;
          slices.push(...follow(log, now + 2, cursor));
          cursor = slices.at(-1)?.next ?? cursor;
        }
        log.end(MiB);
        slices.push(...follow(log, page, cursor));

        assert.deepEqual(slices.at(-1)?.next, log.size);
        const all = slices.flatMap(({ gaps }) => gaps);
        for (const name of ["stdout", "stderr"] as const) {
          const gaps = all.filter((gap) => gap.stream === name);
          const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
          assert.ok(missing >= lostOf[name]);
          assert.ok(gaps.every(({ to }, index) => to <= (gaps[index + 1]?.from ?? Infinity)));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("says in a summary what is missing at its start, inside and at its end", () => {
    const log = new OutputLog();
    log.skipTo("stdout", 10);
    log.append("stdout", Buffer.from("one"));
    log.skipTo("stdout", 20);
    log.append("stdout", Buffer.from("two"));
    log.skipTo("stdout", 30);

    const { stdout, gaps, next } = log.summarize(1000);

    const mark = (bytes: number): string => `\n[${bytes} bytes of stdout left out here]\n`;
    assert.equal(stdout, `${mark(10)}one${mark(7)}two${mark(7)}`);
    assert.deepEqual(
      gaps.map(({ from, to }) => [from, to]),
      [
        [0, 10],
        [13, 20],
        [23, 30],
      ],
    );
    assert.equal(next.stdout, 30);
  });

  it("has its last lines from before what is lost at its end", () => {
    const log = createLog("one\ntwo\n");
    log.skipTo("stdout", 100);

    assert.deepEqual(log.lastLines(1), ["two"]);
  });

  it("never waits for the rest of a character that is lost", () => {
    const log = createLog(Buffer.from([0x61, 0xe2, 0x82]));
    log.skipTo("stdout", 4);

    const [first, second] = follow(log, 100);

    assert.deepEqual([first?.stdout, first?.more], ["a", true]);
    assert.deepEqual(second?.gaps, [{ stream: "stdout", from: 1, to: 4 }]);
  });
});

describe("a snapshot of output", () => {
  it("comes back as output that reads the same, live or ended, and goes on the same", () => {
    const steps = fc.array(fc.record({ stream, bytes: trickyBytes, lost: fc.nat(9) }));
    const play = (log: OutputLog, played: readonly { bytes: Buffer; lost: number }[]): void => {
      for (const { bytes, lost } of played) {
        log.append("stdout", bytes);
        log.append("stderr", bytes.subarray(1));
        log.skipTo("stdout", log.size.stdout + lost);
      }
    };
    const everything = (log: OutputLog): unknown[] => [
      log.size,
      log.lineCount,
      log.lastLines(5),
      log.summarize(20),
      ...follow(log, 9),
    ];

    fc.assert(
      fc.property(steps, steps, fc.boolean(), (before, after, ended) => {
        const log = new OutputLog();
        play(log, before);
        if (ended) log.end(MiB);

        const restored = OutputLog.restore(log.snapshot());

        assert.deepEqual(restored.snapshot(), log.snapshot());
        assert.deepEqual(everything(restored), everything(log));
        play(log, after);
        play(restored, after);
        assert.deepEqual(everything(restored), everything(log));
      }),
    );
  });

  it("has its memory accounted for from the moment it comes back, to the last byte", () => {
    const { log: first } = createAccountedLog();
    first.append("stdout", Buffer.alloc(6 * MiB));
    let used = 0;

    const restored = OutputLog.restore(first.snapshot(), (bytes) => (used += bytes));

    const kept = restored.snapshot().stdout.runs.reduce((sum, { bytes }) => sum + bytes.length, 0);
    assert.ok(used >= kept && used <= kept + 128 * KiB, `${used} bytes for ${kept}`);
    restored.append("stderr", Buffer.from("hello"));
    restored.skipTo("stderr", 10);
    restored.keepOnly(0, 0);
    assert.equal(used, 0);
  });

  it("gives back the memory of a block that a gap leaves half empty", () => {
    const { log, used } = createAccountedLog();
    log.append("stdout", Buffer.from("hello"));

    log.skipTo("stdout", 10);

    assert.equal(used(), 5);
  });

  function createAccountedLog(): { log: OutputLog; used: () => number } {
    let total = 0;
    return { log: new OutputLog((bytes) => (total += bytes)), used: () => total };
  }
});
