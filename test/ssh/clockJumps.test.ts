import assert from "node:assert/strict";
import { describe, it, mock, type TestContext } from "node:test";
import { ConnectionPool } from "../../src/ssh/connectionPool";
import { LinkRetries } from "../../src/ssh/linkRetries";
import { Emitter } from "../../src/tasks/lifecycle";
import { settle } from "../support/fakeClock";
import { hang } from "../support/fakeRemoteHost";
import { controlOnly } from "../support/launches";

const day = 24 * 3_600_000;

/** Timers that the test moves, and a wall clock that somebody sets. */
function mockClock(t: TestContext) {
  mock.timers.enable({ apis: ["setTimeout"] });
  let passed = 0;
  const start = { wall: Date.now(), steady: performance.now() };
  let set = 0;
  const steady = mock.method(performance, "now", () => start.steady + passed);
  const wall = mock.method(Date, "now", () => start.wall + passed + set);
  t.after(() => {
    mock.timers.reset();
    steady.mock.restore();
    wall.mock.restore();
  });
  return {
    set: (ms: number) => (set += ms),
    pass: async (ms: number) => {
      passed += ms;
      mock.timers.tick(ms);
      await settle();
    },
  };
}

for (const [how, jump] of [
  ["ahead", day],
  ["back", -day],
] as const) {
  describe(`a clock that is set ${how} by a day`, () => {
    it("leaves the pauses between the attempts to follow a task as they are", async (t) => {
      const clock = mockClock(t);
      const reached = new Emitter<string>(() => undefined);
      const retries = new LinkRetries("build01", reached.event, new AbortController().signal);

      for (const pause of [500, 1000, 2000, 5000, 10_000, 30_000, 30_000]) {
        let over = false;
        void retries.next().then(() => (over = true));
        clock.set(jump);
        await clock.pass(pause * 0.74);
        assert.equal(over, false, `${pause} ms`);
        await clock.pass(pause * 0.52);
        assert.equal(over, true, `${pause} ms`);
      }
    });

    it("has a cancel wait for a handshake that just began, and for none that hangs", async (t) => {
      const clock = mockClock(t);
      let handshakes = 0;
      const pool = new ConnectionPool(
        () => (handshakes++, hang()),
        { maxConnectionsPerHost: 4, maxTasksPerConnection: 5, idleConnectionSeconds: 60 },
        controlOnly(hang),
      );

      void pool.leaseForCancel({ fresh: false });
      clock.set(jump);
      await clock.pass(900);
      void pool.leaseForCancel({ fresh: false });
      assert.equal(handshakes, 1);
      await clock.pass(200);
      void pool.leaseForCancel({ fresh: false });

      assert.equal(handshakes, 2);
    });
  });
}
