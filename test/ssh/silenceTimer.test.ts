import assert from "node:assert/strict";
import { describe, it, mock, type TestContext } from "node:test";
import { SilenceTimer } from "../../src/ssh/silenceTimer";

/** A timer on a clock of its own, whose somebody was heard when the test says so. */
function createTimer(t: TestContext, busySeconds: number) {
  let now = 1000;
  let heardAt = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  const clock = mock.method(performance, "now", () => now);
  t.after(() => {
    mock.timers.reset();
    clock.mock.restore();
  });
  return {
    timer: new SilenceTimer(() => heardAt, busySeconds),
    hear: () => (heardAt = now),
    /** In steps of a second. */
    pass: (seconds: number) => {
      for (let n = 0; n < seconds; n++) {
        now += 1000;
        mock.timers.tick(1000);
      }
    },
  };
}

describe("a wait for somebody who may be busy", () => {
  it("ends after so many seconds of silence", (t) => {
    const { timer, pass } = createTimer(t, 60);
    let silent = 0;
    timer.await(4, () => silent++);

    pass(3);
    assert.equal(silent, 0);
    pass(1);
    assert.equal(silent, 1);
    pass(100);
    assert.equal(silent, 1);
  });

  it("begins anew with each word that is heard, up to a limit", (t) => {
    const { timer, hear, pass } = createTimer(t, 6);
    let silent = 0;
    timer.await(4, () => silent++);

    for (let n = 0; n < 9; n++) {
      pass(1);
      hear();
    }
    assert.equal(silent, 0);
    pass(1);
    assert.equal(silent, 1);
  });

  it("is over when it is stopped, or another begins", (t) => {
    const { timer, pass } = createTimer(t, 60);
    const silent: string[] = [];
    const say = (word: string) => () => void silent.push(word);
    timer.await(4, say("first"));
    pass(3);
    timer.await(4, say("second"));
    pass(3);
    assert.equal(silent.join(), "");
    pass(1);
    assert.equal(silent.join(), "second");

    timer.await(4, say("third"));
    timer.stop();
    pass(10);
    assert.equal(silent.join(), "second");
  });
});
