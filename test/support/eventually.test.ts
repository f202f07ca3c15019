import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "./eventually";

describe("eventually", () => {
  it("gives the first truthy answer", async () => {
    const answers = [undefined, false as const, "yes", "too late"];

    assert.equal(await eventually("an answer", () => answers.shift()), "yes");
  });

  it("goes on when the probe throws", async () => {
    let calls = 0;

    const answer = await eventually("no more errors", () => {
      if (++calls < 3) throw new Error("not yet");
      return calls;
    });

    assert.equal(answer, 3);
  });

  it("names what never came, and the last error", async () => {
    const never = eventually("the train", () => Promise.reject(new Error("snow")), 30);

    await assert.rejects(never, { message: "Not within 30 ms: the train; last error: snow" });
  });
});
