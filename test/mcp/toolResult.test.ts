import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  answer,
  errorAnswer,
  failureAnswer,
  receiptOnWire,
  toCallToolResult,
} from "../../src/mcp/toolResult";
import type { CancelReceipt } from "../../src/tasks/cancelReceipt";
import { hostNotFound, invalidRequest } from "../../src/tasks/taskError";

const requestedAt = Date.UTC(2026, 0, 1);

const receipt: CancelReceipt = {
  requestedBy: "tree",
  reason: "clicked",
  requestedAt,
  processesFound: 3,
  signals: [
    { signal: "TERM", count: 3, at: requestedAt + 40 },
    { signal: "KILL", count: 1, at: requestedAt + 5040 },
  ],
  verified: true,
  verifiedBy: "processes",
  goneAt: requestedAt + 5100,
  durationMs: 5100,
  left: [],
  mayRemain: ["docker"],
};

describe("a receipt on the wire", () => {
  it("has the contract's names in order, ISO times, and signals timed from the request", () => {
    const wire = receiptOnWire(receipt);

    assert.equal(
      JSON.stringify(wire),
      JSON.stringify({
        requested_by: "tree",
        reason: "clicked",
        requested_at: "2026-01-01T00:00:00.000Z",
        processes_found: 3,
        signals: [
          { signal: "TERM", count: 3, at_ms: 40 },
          { signal: "KILL", count: 1, at_ms: 5040 },
        ],
        verified: true,
        verified_by: "processes",
        gone_at: "2026-01-01T00:00:05.100Z",
        duration_ms: 5100,
        left: [],
        may_remain: ["docker"],
      }),
    );
  });

  it("has no signal before the request, whoever has set the clock meanwhile", () => {
    const signals = [{ signal: "TERM", count: 1, at: receipt.requestedAt - 86_400_000 }] as const;

    const wire = receiptOnWire({ ...receipt, signals });

    assert.deepEqual("signals" in wire && wire.signals, [{ signal: "TERM", count: 1, at_ms: 0 }]);
  });

  it("has no gone_at while something is left", () => {
    const left = [{ pid: 4712, user: "root", command: "sleep 600" }];
    const { goneAt: _, ...unverified } = { ...receipt, verified: false, left };

    const wire = JSON.parse(JSON.stringify(receiptOnWire(unverified))) as Record<string, unknown>;

    assert.equal("gone_at" in wire, false);
    assert.equal(wire.verified, false);
    assert.deepEqual(wire.left, left);
  });
});

describe("an answer", () => {
  it("is sent wrapped and, for models, as pretty JSON in the order of its fields", () => {
    const result = toCallToolResult(answer({ b: "é", a: 1, none: undefined }));

    assert.deepEqual(result, {
      content: [{ type: "text", text: '{\n  "b": "é",\n  "a": 1\n}' }],
      structuredContent: { result: { b: "é", a: 1, none: undefined } },
      isError: false,
    });
  });

  it("that is a sentence is sent as it is", () => {
    assert.deepEqual(toCallToolResult(errorAnswer("no")), {
      content: [{ type: "text", text: "Error: no" }],
      structuredContent: { result: "Error: no" },
      isError: true,
    });
  });
});

describe("a failure", () => {
  it("of the caller's begins with Error, whatever the tool", () => {
    assert.equal(
      failureAnswer(invalidRequest("alias is required"), "Run error").value,
      "Error: alias is required",
    );
  });

  it("of anything else begins with the tool's own words", () => {
    assert.equal(
      failureAnswer(hostNotFound("x"), "Run error").value,
      "Run error: Host alias not found: x",
    );
  });

  it("that nobody foresaw shows nothing of itself", () => {
    const { value, isError } = failureAnswer(new Error("/home/me"), "Status error");

    assert.equal(
      value,
      "Status error: Something went wrong inside SSH Tasks. Its log says what; try again.",
    );
    assert.equal(isError, true);
  });
});
