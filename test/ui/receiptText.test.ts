import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { receiptLines } from "../../src/ui/receiptText";
import { createReceipt, createUnverifiedReceipt } from "../tasks/samples";

const at = createReceipt().requestedAt;

function texts(...args: Parameters<typeof receiptLines>): string[] {
  return receiptLines(...args).map(({ label, text }) => `${label}: ${text}`);
}

describe("a receipt in lines", () => {
  it("says who asked and why, what was found and sent, and when nothing was left", () => {
    const signals = (["TERM", "CONT", "STOP", "KILL", "STOP", "KILL"] as const).map(
      (signal, i) => ({ signal, count: i > 3 ? 1 : 4, at: at + i * 1000 }),
    );
    const lines = texts(
      createReceipt({
        requestedBy: "agent:Copilot",
        reason: "tests hang",
        processesFound: 4,
        signals,
        mayRemain: ["sudo"],
      }),
    );

    const time = (ms: number): string => new Date(ms).toLocaleTimeString();
    assert.deepEqual(lines, [
      `Asked for: by Copilot at ${time(at)}: tests hang`,
      "Found: 4 processes",
      "Signals: TERM to 4 after 0.0 s, CONT to 4 after 1.0 s, " +
        "STOP to 4 after 2.0 s (2 times), KILL to 4 after 3.0 s (2 times)",
      `Verified: nothing left at ${time(at + 400)}, 0.4 s after the request`,
      "Unseen: sudo: what it started elsewhere may still run",
    ]);
  });

  it("lists ten of what is left and counts the others", () => {
    const left = Array.from({ length: 12 }, (_, i) => ({
      pid: i,
      user: "root",
      command: "a\u202eb",
    }));

    const lines = texts(createUnverifiedReceipt({ left }));

    assert.equal(lines.filter((line) => line.startsWith("Left: ")).length, 11);
    assert.ok(lines.includes("Left: 0 root a\ufffdb"));
    assert.equal(lines.at(-1), "Left: 2 more");
    assert.ok(lines.includes("Not verified: some could not be ended"));
  });

  it("never says of what is not verified that it is cancelled, or verified", () => {
    const left = fc.array(fc.constant({ pid: 1, user: "dev", command: "sleep 1" }));
    const mayRemain = fc.subarray(["docker", "sudo"]);
    const unverifiedBecause = fc.constantFrom("No route to host.", undefined);
    fc.assert(
      fc.property(left, mayRemain, unverifiedBecause, fc.nat(9), (left, mayRemain, because, n) => {
        const receipt = createUnverifiedReceipt({
          left,
          mayRemain,
          processesFound: n,
          ...(because !== undefined && { unverifiedBecause: because }),
        });

        const lines = texts(receipt);

        assert.ok(lines.some((line) => line.startsWith("Not verified: ")));
        assert.doesNotMatch(lines.join("\n"), /cancelled|^Verified/im);
      }),
    );
  });
});
