import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { interleave, median, percentile, repeat } from "./measure";

describe("measuring", () => {
  it("takes the works in turns, each first in its rounds, after a round that is not counted", async () => {
    const order: string[] = [];
    const work = (name: string) => () => Promise.resolve(order.push(name));

    const times = await interleave(2, { a: work("a"), b: work("b") });

    assert.equal(order.join(""), "ab" + "ab" + "ba");
    assert.equal(times.a.length, 2);
    assert.equal(times.b.length, 2);
  });

  it("takes the time of work that times itself", async () => {
    const { own } = await interleave(1, { own: () => Promise.resolve(1234) });

    assert.deepEqual(own, [1234]);
  });

  it("finds the value below which a share of the values lies", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);

    assert.equal(percentile(values, 0.95), 96);
    assert.equal(percentile(values, 1), 100);
    assert.equal(median([10, 9, 100]), 10);
  });

  it("repeats work as often as asked, with no more at a time than asked", async () => {
    let [done, now, most] = [0, 0, 0];

    await repeat(10, 3, async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      done++;
    });

    assert.deepEqual({ done, most }, { done: 10, most: 3 });
  });
});
