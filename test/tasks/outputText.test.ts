import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OutputText } from "../../src/tasks/outputText";

const nothing = { stdout: "", stderr: "", gaps: [] };

describe("the text for the terminal", () => {
  it("is what the streams bring, in order", () => {
    const text = new OutputText();

    assert.equal(text.add({ ...nothing, stdout: "a\n", stderr: "b\n" }), "a\nb\n");
    assert.equal(text.add({ ...nothing, stdout: "c" }), "c");
    assert.equal(text.add({ ...nothing, stdout: "d" }), "d");
    assert.equal(text.add(nothing), "");
  });

  it("begins a line where one stream follows an unfinished line of the other", () => {
    const text = new OutputText();

    assert.equal(text.add({ ...nothing, stdout: "50 %", stderr: "warning" }), "50 %\nwarning");
    assert.equal(text.add({ ...nothing, stdout: "\r60 %" }), "\n\r60 %");
  });

  for (const [to, size] of [
    [1000, "900 bytes"],
    [2148, "2.0 KiB"],
    [3 * 1024 * 1024 + 100, "3.0 MiB"],
  ] as const) {
    it(`says that ${size} are missing, before what comes after them`, () => {
      const gaps = [{ stream: "stderr", from: 100, to }] as const;

      const added = new OutputText().add({ stdout: "out\n", stderr: "rest", gaps });

      assert.equal(added, `out\n\x18\r\n\x1b[0;33;3m[${size} of stderr not kept]\x1b[0m\r\nrest`);
    });
  }
});
