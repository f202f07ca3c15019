import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { StreamLog, type Bytes } from "../../src/tasks/streamLog";
import { settle } from "../support/fakeClock";
import { cut, KiB, MiB, numberedBytes } from "./bytes";

const headLimit = 256 * KiB;
const tailLimit = 4 * MiB;
/** What may be dropped together, and so missing at the start of the tail. */
const block = 64 * KiB;

function createLog(chunks: readonly Uint8Array[] = []): StreamLog {
  const log = new StreamLog();
  for (const chunk of chunks) log.append(Buffer.from(chunk));
  return log;
}

/** Everything that is still kept, as runs of bytes. */
function readAll(log: StreamLog, page = MiB): Bytes[] {
  const runs: Bytes[] = [];
  for (let at = 0; at < log.size;) {
    const run = log.read(at, page);
    assert.ok(run.bytes.length > 0, `nothing to read at ${at}`);
    runs.push(run);
    at = run.from + run.bytes.length;
  }
  return runs;
}

/** The runs that are kept of a log in which some bytes may be missing, also at its end. */
function readKept(log: StreamLog): Bytes[] {
  const first = log.read(0, MiB);
  const rest = log.read(first.from + first.bytes.length, MiB);
  return [first, rest].filter(({ bytes }) => bytes.length > 0);
}

function countKept(log: StreamLog): number {
  return readAll(log).reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Memory of all buffers that are still in use. */
async function measureBuffers(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let times = 0; times < 3; times++) {
    collect();
    await settle();
  }
  return process.memoryUsage().arrayBuffers;
}

describe("a stream log", () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 });

  it("gives back any bytes that came in any pieces, in pages of any size", () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 5000 }), (pieces, page) => {
        const log = createLog(pieces);

        const runs = readAll(log, page);

        assert.deepEqual(Buffer.concat(runs.map(({ bytes }) => bytes)), Buffer.concat(pieces));
        assert.ok(runs.every(({ bytes }) => bytes.length <= page));
      }),
    );
  });

  it("gives out of what is kept exactly what was written at that offset", () => {
    const written = numberedBytes(6 * MiB);
    const log = createLog(cut(written, 32 * KiB));

    fc.assert(
      fc.property(fc.nat(written.length), fc.nat(200 * KiB), (offset, max) => {
        const { from, bytes } = log.read(offset, max);

        assert.ok(from >= offset);
        assert.ok(bytes.equals(written.subarray(from, from + bytes.length)));
      }),
    );
  });

  it("keeps its head for ever and its end as far as it may, and knows what it dropped", () => {
    const written = numberedBytes(6 * MiB);
    const log = createLog(cut(written, 10_000));

    const runs = readAll(log, 8 * MiB);

    assert.equal(runs.length, 2);
    const [head, tail] = runs;
    assert.equal(head?.from, 0);
    assert.equal(head.bytes.length, headLimit);
    assert.ok(tail && tail.bytes.length <= tailLimit && tail.bytes.length >= tailLimit - block);
    assert.equal(tail.from + tail.bytes.length, written.length);
    assert.ok(tail.bytes.equals(written.subarray(tail.from)));
    assert.equal(log.size, written.length);
  });

  it("drops nothing before both its limits are reached", () => {
    const written = numberedBytes(headLimit + tailLimit);
    const log = createLog(cut(written, 30_000));

    const [all, ...others] = readAll(log, 8 * MiB);

    assert.ok(all?.bytes.equals(written));
    assert.deepEqual(others, []);
  });

  it("never keeps more than its limits, in pieces of any size", () => {
    for (const size of [1000, block, block + 1, 3 * MiB]) {
      const log = createLog();
      const everyBlock = Math.ceil(block / size);
      for (const [index, piece] of cut(Buffer.alloc(12 * MiB), size).entries()) {
        log.append(piece);
        if (index % everyBlock === 0) assert.ok(countKept(log) <= headLimit + tailLimit);
      }
    }
  });

  it("holds no more memory than it keeps, also of a flood in tiny pieces", async () => {
    const log = createLog();
    const piece = Buffer.alloc(100, "x");
    const before = await measureBuffers();

    for (let written = 0; written < 12 * MiB; written += piece.length) log.append(piece);
    const held = (await measureBuffers()) - before;

    assert.ok(held < headLimit + tailLimit + 4 * block, `holds ${held} bytes`);
    assert.ok(log.size >= 12 * MiB);
  });

  it("takes little memory for little output", () => {
    const before = process.memoryUsage().arrayBuffers;
    const logs = Array.from({ length: 100 }, () => createLog([Buffer.from("hello\n")]));
    const held = process.memoryUsage().arrayBuffers - before;

    assert.equal(logs.length, 100);
    assert.ok(held < 100 * 2 * KiB, `holds ${held} bytes`);
  });

  it("keeps a smaller tail once told to", () => {
    const written = numberedBytes(6 * MiB);
    const log = createLog(cut(written, 10_000));

    log.shrinkTail(768 * KiB);

    const [head, tail] = readAll(log, 8 * MiB);
    assert.equal(head?.bytes.length, headLimit);
    assert.ok(tail && tail.bytes.length <= 768 * KiB);
    assert.ok(tail.bytes.length >= 768 * KiB - block);
    assert.ok(tail.bytes.equals(written.subarray(tail.from)));
  });

  it("copies what it is given, so that a later change of that changes nothing", () => {
    const packet = Buffer.from("hello");
    const log = createLog();

    log.append(packet);
    packet.fill("x");

    assert.equal(log.read(0, 10).bytes.toString(), "hello");
  });

  it("gives nothing after its end, and says where that is", () => {
    const log = createLog([Buffer.from("hello")]);

    assert.deepEqual(log.read(5, 10), { from: 5, bytes: Buffer.alloc(0), cutOff: false });
    assert.deepEqual(log.read(99, 10), { from: 5, bytes: Buffer.alloc(0), cutOff: false });
  });

  it("gives its last bytes in one run, as many as asked for and kept", () => {
    const written = numberedBytes(6 * MiB);
    const log = createLog(cut(written, 10_000));

    const few = log.readEnd(1000);
    const many = log.readEnd(8 * MiB);

    assert.deepEqual(few, {
      from: written.length - 1000,
      bytes: written.subarray(-1000),
      cutOff: false,
    });
    assert.ok(many.bytes.length <= tailLimit);
    assert.ok(many.bytes.equals(written.subarray(many.from)));
    assert.equal(many.from + many.bytes.length, written.length);
  });

  it("gives all of itself as its last bytes while nothing was dropped", () => {
    const written = numberedBytes(headLimit + 1000);

    const { from, bytes } = createLog([written]).readEnd(8 * MiB);

    assert.equal(from, 0);
    assert.ok(bytes.equals(written));
  });
});

describe("the line count of a stream log", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["", 0],
    ["\n\n", 0],
    ["a", 1],
    ["a\n", 1],
    ["a\n\n\n", 1],
    ["a\nb", 2],
    ["\na\n\nb\n\n", 4],
    ["a\r\nb\r\n", 2],
  ];
  for (const [text, count] of cases) {
    it(`is ${count} for ${JSON.stringify(text)}, in one piece or byte by byte`, () => {
      const bytes = Buffer.from(text);

      assert.equal(createLog([bytes]).lineCount, count);
      assert.equal(createLog(cut(bytes, 1)).lineCount, count);
    });
  }

  it("counts lines that are no longer kept", () => {
    const line = `${"x".repeat(99)}\n`;

    assert.equal(createLog(cut(Buffer.from(line.repeat(60_000)), 30_000)).lineCount, 60_000);
  });

  it("keeps on request only its start and its end, byte for byte", () => {
    const sizes = fc.tuple(fc.nat(400 * KiB), fc.nat(20 * KiB), fc.nat(20 * KiB));
    fc.assert(
      fc.property(sizes, ([size, start, end]) => {
        const bytes = numberedBytes(size);
        const log = createLog(cut(bytes, 10_000));

        log.keepOnly(start, end);

        const runs = size > start + end ? readKept(log) : readAll(log);
        for (const { from, bytes: kept } of runs) {
          assert.deepEqual(kept, bytes.subarray(from, from + kept.length));
        }
        const total = runs.reduce((sum, run) => sum + run.bytes.length, 0);
        assert.ok(total >= Math.min(size, start + end));
        assert.deepEqual(log.readEnd(end).bytes, bytes.subarray(Math.max(0, size - end)));
        assert.equal(log.size, size);
      }),
      { numRuns: 50 },
    );
  });

  it("never changes bytes that were read from it, though it uses memory again", () => {
    const log = createLog(cut(numberedBytes(5 * MiB), 32 * KiB));
    const read = log.readEnd(MiB);
    const copy = Buffer.from(read.bytes);

    for (let k = 0; k < 200; k++) log.append(Buffer.alloc(64 * KiB, "!"));

    assert.deepEqual(read.bytes, copy);
  });

  it("takes no more memory than it keeps, a block or two besides", () => {
    const log = createLog();
    for (let k = 0; k < 1000; k++) log.append(Buffer.alloc(32 * KiB, "x"));

    assert.ok(log.memoryBytes <= headLimit + tailLimit + 2 * block, `${log.memoryBytes} bytes`);
    log.shrinkTail(0);
    assert.ok(log.memoryBytes <= headLimit + block, `${log.memoryBytes} bytes`);
  });
});
