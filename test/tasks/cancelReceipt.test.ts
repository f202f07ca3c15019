import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { describeReceipt, type CancelReceipt } from "../../src/tasks/cancelReceipt";
import type { SentSignal } from "../../src/tasks/remoteHost";
import { createReceipt, createUnverifiedReceipt } from "./samples";

function sent(...signals: SentSignal["signal"][]): SentSignal[] {
  return signals.map((signal) => ({ signal, count: 3, at: 0 }));
}

describe("the sentence about a verified cancel", () => {
  it("says how many processes are gone, after what, and how long it took", () => {
    const receipt = createReceipt({ signals: sent("TERM", "CONT"), durationMs: 1234 });

    assert.equal(
      describeReceipt(receipt, "build01"),
      "Verified: 3 processes gone from build01 after TERM, 1.2 s.",
    );
  });

  it("names KILL when it came to that, and speaks of one process in the singular", () => {
    const receipt = createReceipt({
      processesFound: 1,
      signals: sent("TERM", "CONT", "STOP", "KILL"),
      durationMs: 5000,
    });

    assert.equal(
      describeReceipt(receipt, "build01"),
      "Verified: 1 process gone from build01 after TERM and KILL, 5.0 s.",
    );
  });

  it("says that nothing was running when nothing was", () => {
    const receipt = createReceipt({ processesFound: 0, signals: [] });

    assert.equal(
      describeReceipt(receipt, "build01"),
      "Verified: nothing of it was running on build01.",
    );
  });
});

describe("what is not ours to see", () => {
  for (const [mayRemain, sentence] of [
    [["docker"], "docker: what it started elsewhere may still run."],
    [["docker", "sudo"], "docker, sudo: what they started elsewhere may still run."],
  ] as const) {
    it(`is named behind what is known, verified or not: ${mayRemain.join(", ")}`, () => {
      const verified = describeReceipt(createReceipt({ mayRemain }), "build01");
      const unverified = describeReceipt(createUnverifiedReceipt({ mayRemain }), "build01");

      assert.equal(
        verified,
        `Verified: 3 processes gone from build01 after TERM, 0.4 s. ${sentence}`,
      );
      assert.equal(
        unverified,
        `Not verified: it may still run on build01. The host gave no answer. ${sentence}`,
      );
    });
  }
});

describe("the sentence about an unverified cancel", () => {
  it("names ten processes and counts the others", () => {
    const left = Array.from({ length: 12 }, (_, i) => ({ pid: i + 1, user: "root", command: "x" }));

    const sentence = describeReceipt(createUnverifiedReceipt({ left }), "build01");

    assert.match(sentence, /^Not verified: 12 processes may still run on build01: 1 \(root\), /);
    assert.match(sentence, /, 10 \(root\) and 2 more\.$/);
  });

  it("names every process that is left, with its user", () => {
    const left = [
      { pid: 12, user: "root", command: "sleep 1" },
      { pid: 34, user: "dev", command: "sleep 2" },
    ];

    assert.equal(
      describeReceipt(createUnverifiedReceipt({ left }), "build01"),
      "Not verified: 2 processes may still run on build01: 12 (root), 34 (dev).",
    );
  });

  it("says why nothing is known", () => {
    const receipt = createUnverifiedReceipt({ unverifiedBecause: "No route to host." });

    assert.equal(
      describeReceipt(receipt, "build01"),
      "Not verified: it may still run on build01. No route to host.",
    );
  });

  it("says that the host gave no answer when there is no better reason", () => {
    assert.equal(
      describeReceipt(createUnverifiedReceipt(), "build01"),
      "Not verified: it may still run on build01. The host gave no answer.",
    );
  });
});

describe("every sentence about a cancel", () => {
  const signals = fc
    .subarray(["TERM", "CONT", "STOP", "KILL"] as const)
    .map((names) => sent(...names));
  const left = fc.array(
    fc.record({ pid: fc.nat(), user: fc.constantFrom("root", "dev"), command: fc.string() }),
    { maxLength: 3 },
  );
  const receipts: fc.Arbitrary<CancelReceipt> = fc
    .record({
      verified: fc.boolean(),
      processesFound: fc.nat(50),
      durationMs: fc.nat(60_000),
      signals,
      left,
      mayRemain: fc.subarray(["docker", "sudo", "tmux", "at"]),
      unverifiedBecause: fc.constantFrom("No route to host.", "It could not be scanned."),
    })
    .map((changes) => createReceipt(changes));

  it("says whether it is verified, and never that it is cancelled", () => {
    fc.assert(
      fc.property(receipts, (receipt) => {
        const sentence = describeReceipt(receipt, "build01");

        assert.ok(sentence.startsWith(receipt.verified ? "Verified: " : "Not verified: "));
        assert.doesNotMatch(sentence, /cancel/i);
        assert.match(sentence, /build01/);
        assert.match(sentence, /\.$/);
        for (const name of receipt.mayRemain) assert.ok(sentence.includes(name));
      }),
    );
  });
});
