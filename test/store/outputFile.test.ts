import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatOutput, parseOutput } from "../../src/store/outputFile";
import { OutputLog } from "../../src/tasks/outputLog";
import { trickyBytes } from "../tasks/bytes";
import { createOutput } from "./journalHarness";

const id = "a:b:1";
const plain = { size: 10, newlines: 1, trailingNewlines: 1 };
const runs = [
  { from: 1, length: 2 },
  { from: 5, length: 3 },
];

/** The file of an output with that stdout, and with that many bytes after its header. */
function createFile(stdout: object, bytes = 5): Buffer {
  const stderr = { size: 0, newlines: 0, trailingNewlines: 0, runs: [] };
  const header = JSON.stringify({ id, ended: true, stdout, stderr });
  return Buffer.from(`${header}\n${"x".repeat(bytes)}`);
}

describe("the file of an output", () => {
  it("comes back as it was, whatever bytes and gaps there are", () => {
    const step = fc.record({ bytes: trickyBytes, lost: fc.nat(5) });

    fc.assert(
      fc.property(fc.array(step), fc.boolean(), (steps, ended) => {
        const log = new OutputLog();
        for (const { bytes, lost } of steps) {
          log.append("stdout", bytes);
          log.append("stderr", bytes.subarray(2));
          log.skipTo("stderr", log.size.stderr + lost);
        }
        if (ended) log.end(1000);

        assert.deepEqual(parseOutput(id, formatOutput(id, log.snapshot())), log.snapshot());
      }),
    );
  });

  it("is refused when a byte is missing or one too many", () => {
    const file = formatOutput(id, createOutput());

    for (let length = 0; length < file.length; length++)
      assert.throws(() => parseOutput(id, file.subarray(0, length)));
    assert.throws(() => parseOutput(id, Buffer.concat([file, Buffer.from("x")])));
  });

  it("is read when its runs are in their order and within its size", () => {
    const { stdout } = parseOutput(id, createFile({ ...plain, runs }));

    assert.deepEqual(stdout, {
      ...plain,
      runs: [
        { from: 1, bytes: Buffer.from("xx") },
        { from: 5, bytes: Buffer.from("xxx") },
      ],
    });
  });

  const wrong: Readonly<Record<string, object>> = {
    "runs that are not in their order": { ...plain, runs: [...runs].reverse() },
    "runs that overlap": { ...plain, runs: [runs[0], { from: 2, length: 3 }] },
    "a run before its start": { ...plain, runs: [{ from: -1, length: 2 }, runs[1]] },
    "a run beyond its size": { ...plain, size: 7, runs },
    "an empty run": { ...plain, runs: [...runs, { from: 9, length: 0 }] },
    "a size that no number can count": { ...plain, size: 2 ** 60, runs },
    "more newlines than bytes": { ...plain, newlines: 11, runs },
    "more newlines at its end than there are": { ...plain, trailingNewlines: 2, runs },
    "runs that are no list": { ...plain, runs: { length: 2 } },
    "no runs": plain,
  };
  for (const [what, stdout] of Object.entries(wrong)) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => parseOutput(id, createFile(stdout)), /^Error: output\S* is not /);
    });
  }

  it("is refused with more runs than any output has", () => {
    const many = Array.from({ length: 10_001 }, (_, from) => ({ from, length: 1 }));

    assert.throws(() =>
      parseOutput(id, createFile({ ...plain, size: 20_000, runs: many }, 10_001)),
    );
  });

  it("is refused when it is that of another task", () => {
    assert.throws(() => parseOutput("a:b:2", createFile({ ...plain, runs })), /output\.id/);
  });
});
