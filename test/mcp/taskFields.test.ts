import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gapFields, outputText, shortCommand } from "../../src/mcp/taskFields";
import { OutputLog, type OutputSlice } from "../../src/tasks/outputLog";
import type { FailedTask } from "../../src/tasks/task";

const failed: FailedTask = {
  id: "build01:0:1",
  alias: "build01",
  command: "id",
  commandHash: "0",
  startedBy: "tree",
  createdAt: 0,
  maxSeconds: 0,
  durable: false,
  merge: false,
  hostAddress: "",
  status: "failed",
  endedAt: 1,
  exitCode: -1,
  timeout: false,
  error: new Error("Connection refused. Start sshd."),
};

function createOutput(stdout: string, stderr: string, maxBytes = 1000): OutputSlice {
  const log = new OutputLog();
  log.append("stdout", Buffer.from(stdout));
  log.append("stderr", Buffer.from(stderr));
  log.end(maxBytes);
  return log.summarize(maxBytes);
}

describe("the output as one text", () => {
  const rows: [string, string, string][] = [
    ["out\n", "err\n", "out\nerr"],
    ["out", "err", "out\nerr"],
    ["  out  \n\n\n", "", "  out  "],
    ["", "\terr \r\n", "\terr "],
    ["\x1b[1mbold\r", "", "␛[1mbold␍"],
    ["a\n\nb\n", "", "a\n\nb"],
  ];
  for (const [stdout, stderr, expected] of rows) {
    it(`of ${JSON.stringify([stdout, stderr])} is ${JSON.stringify(expected)}`, () => {
      assert.equal(
        outputText({ ...failed, error: undefined }, createOutput(stdout, stderr)),
        expected,
      );
    });
  }

  it("is found at once behind any number of newlines", () => {
    const newlines = "\n".repeat(100_000);
    const output = { ...createOutput("", ""), stdout: `${newlines}x`, stderr: newlines };
    const before = performance.now();

    const text = outputText(failed, output);

    assert.equal(text, `${newlines}x`);
    assert.ok(performance.now() - before < 2000);
  });

  it("says why there is none when the command never ran", () => {
    assert.equal(outputText(failed, createOutput("", "")), "Connection refused. Start sshd.");
  });

  it("holds what was written, and no words of ours, when the connection was lost later", () => {
    assert.equal(outputText(failed, createOutput("out\n", "")), "out");
  });
});

describe("output that was left out", () => {
  it("is not mentioned where there is none", () => {
    assert.deepEqual(gapFields(createOutput("out", "")), { gap: undefined, more_gaps: undefined });
  });

  it("is stated with its stream and offsets", () => {
    const fields = gapFields(createOutput("x".repeat(2000), ""));

    assert.deepEqual(fields, {
      gap: { stream: "stdout", from: 250, to: 1250 },
      more_gaps: undefined,
    });
  });

  it("of both streams is stated twice", () => {
    const { gap, more_gaps } = gapFields(createOutput("x".repeat(2000), "y".repeat(2000)));

    assert.equal(gap?.stream, "stdout");
    assert.deepEqual(
      more_gaps?.map(({ stream }) => stream),
      ["stderr"],
    );
  });
});

describe("a command in a list", () => {
  it("is whole up to 200 characters and cut after that, never inside one", () => {
    assert.equal(shortCommand("é".repeat(200)), "é".repeat(200));
    assert.equal(shortCommand("😀".repeat(201)), `${"😀".repeat(200)}…`);
  });
});
