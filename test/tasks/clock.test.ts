import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock, within } from "../../src/tasks/clock";
import { FakeClock, settle } from "../support/fakeClock";
import { hang } from "../support/fakeRemoteHost";

describe("the system clock", () => {
  it("calls back after the time, and not before", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let calls = 0;
    systemClock.after(1000, () => calls++);

    t.mock.timers.tick(999);
    assert.equal(calls, 0);
    t.mock.timers.tick(1);
    assert.equal(calls, 1);
  });

  it("has each time another moment that is about the time asked for", () => {
    const times = Array.from({ length: 100 }, () => systemClock.about(1000));

    assert.ok(times.every((ms) => ms >= 750 && ms <= 1250));
    assert.ok(new Set(times).size > 90);
  });

  it("doesn't call back once disposed", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let calls = 0;

    systemClock.after(1000, () => calls++).dispose();
    t.mock.timers.tick(1000);

    assert.equal(calls, 0);
  });

  it("keeps a time of 30 days, which is more than a Node timer holds", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const thirtyDays = 30 * 24 * 3600 * 1000;
    let calls = 0;
    systemClock.after(thirtyDays, () => calls++);

    t.mock.timers.tick(2 ** 31);
    assert.equal(calls, 0, "called back after 24.8 days");
    t.mock.timers.tick(thirtyDays - 2 ** 31 + 1);
    assert.equal(calls, 1);
  });

  it("tells the time of the system", () => {
    const before = Date.now();
    const now = systemClock.now();

    assert.ok(before <= now && now <= Date.now());
  });
});

describe("within a time", () => {
  it("gives the work's result and leaves no timer", async () => {
    const clock = new FakeClock();

    const result = await within(clock, 1000, Promise.resolve("done"));

    assert.equal(result, "done");
    assert.equal(clock.pendingTimers, 0);
  });

  it("gives nothing when the work takes longer", async () => {
    const clock = new FakeClock();
    let answer: unknown = "none yet";
    void within(clock, 1000, hang()).then((result) => (answer = result));

    await clock.advance(999);
    assert.equal(answer, "none yet");
    await clock.advance(1);
    assert.equal(answer, undefined);
  });

  it("passes on the work's failure and leaves no timer", async () => {
    const clock = new FakeClock();

    await assert.rejects(within(clock, 1000, Promise.reject(new Error("broken"))), /broken/);
    assert.equal(clock.pendingTimers, 0);
  });
});

describe("the fake clock", () => {
  it("fires what falls due in order, and lets promises settle between", async () => {
    const clock = new FakeClock(0);
    const fired: string[] = [];
    const at = (name: string, ms: number) =>
      clock.after(ms, () => {
        fired.push(`${name} at ${clock.now()}`);
        void settle().then(() => fired.push(`after ${name}`));
      });
    at("second", 20);
    at("first", 10);
    at("never", 31);

    await clock.advance(30);

    assert.deepEqual(fired.slice(0, 1), ["first at 10"]);
    assert.ok(fired.includes("second at 20"));
    assert.equal(clock.now(), 30);
    assert.equal(clock.pendingTimers, 1);
  });

  it("fires a timer set by another one when that falls due in the same stretch", async () => {
    const clock = new FakeClock(0);
    const fired: number[] = [];
    clock.after(10, () => clock.after(10, () => fired.push(clock.now())));

    await clock.advance(100);

    assert.deepEqual(fired, [20]);
  });
});
