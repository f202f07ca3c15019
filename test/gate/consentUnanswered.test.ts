import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeClock";
import { createConsent } from "./gateHarness";

const takenBack = { by: "taken back", why: "It was taken back before the user had answered." };
const late = { by: "no answer", why: "The user did not answer within 300 s." };

describe("a question without an answer", () => {
  it("is denied when its time is up, and taken away", async () => {
    const { asker, clock, request } = createConsent();
    const first = await request("one");
    await clock.advance(299_999);
    assert.equal(first.end, undefined);

    await clock.advance(1);

    assert.deepEqual(first.end, late);
    assert.equal(asker.at(0).signal.aborted, true);
    assert.equal(clock.pendingTimers, 0);
  });

  it("has had its time when that went by while others were asked", async () => {
    const { asker, clock, request } = createConsent();
    await request("one");
    await clock.advance(200_000);
    const second = await request("two");
    await clock.advance(100_000);
    assert.deepEqual(asker.commands, ["one", "two"]);
    await clock.advance(199_999);
    assert.equal(second.end, undefined);

    await clock.advance(1);

    assert.deepEqual(second.end, late);
  });
});

describe("a request that is taken back", () => {
  it("is denied, its question is taken away, and the next comes", async () => {
    const { asker, clock, request } = createConsent();
    const first = await request("one");
    const second = await request("two");

    await first.takeBack();
    await settle();

    assert.deepEqual(first.end, takenBack);
    assert.deepEqual(
      asker.questions.map(({ command, signal }) => [command, signal.aborted]),
      [
        ["one", true],
        ["two", false],
      ],
    );
    await asker.at(1).answer("once");
    assert.deepEqual(second.end, { by: "answer: once" });
    assert.equal(clock.pendingTimers, 0);
  });

  it("is passed over when its turn comes", async () => {
    const { asker, request } = createConsent();
    await request("one");
    const second = await request("two");
    await request("three");

    await second.takeBack();
    assert.deepEqual(second.end, takenBack);
    await asker.at(0).answer("once");
    await settle();

    assert.deepEqual(asker.commands, ["one", "three"]);
  });

  it("is not asked when it was taken back before", async () => {
    const { asker, request } = createConsent();

    const first = await request("one", { takenBack: AbortSignal.abort() });

    assert.deepEqual(first.end, takenBack);
    assert.deepEqual(asker.commands, []);
  });
});
