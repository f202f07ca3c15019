import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeClock";
import { createConsent, HandAsker, type Requested } from "./gateHarness";

/** A dialog that nobody but the person can close. */
const dialog = (): HandAsker => new HandAsker(false);

describe("an answer that comes too late", () => {
  it("lets nothing run, and the questions behind it come then", async () => {
    const { clock, request } = createConsent();
    const asker = dialog();
    const first = await request("one", {}, asker);
    await clock.advance(300_000);
    const second = await request("two", {}, asker);
    assert.deepEqual(asker.commands, ["one"]);

    await asker.at(0).answer("once");
    await settle();

    assert.equal(first.end?.why, "The user did not answer within 300 s.");
    assert.deepEqual([asker.commands, second.end], [["one", "two"], undefined]);
  });

  for (const answer of ["session", "always"] as const) {
    it(`is the person's word for what comes next when it is ${answer}`, async () => {
      const { clock, request } = createConsent();
      const asker = dialog();
      const first = await request("one", {}, asker);
      await clock.advance(300_000);
      const waiting = await request("two", {}, asker);

      await asker.at(0).answer(answer);
      await settle();

      assert.equal(first.end?.by, "no answer");
      assert.equal(waiting.end?.why, undefined);
      assert.match(waiting.end?.by ?? "", /^grant/);
    });
  }

  it("denies what waits for that machine when it is deny", async () => {
    const { clock, request } = createConsent();
    const asker = dialog();
    await request("one", {}, asker);
    await clock.advance(300_000);
    const waiting = await request("two", {}, asker);

    await asker.at(0).answer("deny");
    await settle();

    assert.equal(waiting.end?.by, "answer: deny");
  });

  it("holds up those behind it no longer than their own time", async () => {
    const { clock, request } = createConsent();
    const asker = dialog();
    await request("one", {}, asker);
    await clock.advance(300_000);
    const second = await request("two", {}, asker);

    await clock.advance(300_000);

    assert.equal(second.end?.why, "The user did not answer within 300 s.");
    assert.deepEqual(asker.commands, ["one"]);
    assert.equal(clock.pendingTimers, 0);
  });
});

describe("what a question leaves behind", () => {
  const ends: Record<string, (parts: ReturnType<typeof createConsent>, one: Requested) => unknown> =
    {
      "an answer": ({ asker }) => asker.at(0).answer("once"),
      "no answer in time": ({ clock }) => clock.advance(300_000),
      "being taken back": (_, one) => one.takeBack(),
    };
  for (const [how, end] of Object.entries(ends)) {
    it(`is no listener and no timer after ${how}`, async () => {
      const parts = createConsent();
      const one = await parts.request("one");
      assert.equal(one.listeners(), 1);

      await end(parts, one);

      assert.ok(one.end);
      assert.deepEqual([one.listeners(), parts.clock.pendingTimers], [0, 0]);
    });
  }

  it("is no listener when a hundred requests share a signal", async () => {
    const { asker, request } = createConsent();
    const { signal } = new AbortController();
    const all: Requested[] = [];
    for (let i = 0; i < 100; i++) all.push(await request(`${i}`, { takenBack: signal }));

    await asker.at(0).answer("session");
    await settle();

    assert.ok(all.every(({ end }) => end?.why === undefined && end !== undefined));
    assert.deepEqual([all[0]?.listeners(), asker.commands], [0, ["0"]]);
  });
});

describe("a rule that wants the person asked", () => {
  const rule = "rules[2]";

  it("is not covered by a grant for the host, and says so in the question", async () => {
    const { asker, request } = createConsent();
    await request("one");
    await asker.at(0).answer("always");

    const second = await request("two", { rule });

    assert.equal(second.end, undefined);
    assert.equal(asker.at(1).rule, rule);
    assert.deepEqual(asker.at(1).offers, ["once", "session", "deny"]);
  });

  it("can be waived for the session, for that rule alone", async () => {
    const { asker, request } = createConsent();
    await request("one", { rule });
    await asker.at(0).answer("session");

    const same = await request("two", { rule });
    const another = await request("three", { rule: "rules[3]" });

    assert.deepEqual([same.end, another.end], [{ by: "grant of this session" }, undefined]);
  });

  it("grants nothing else on the host", async () => {
    const { asker, request } = createConsent();
    await request("one", { rule });
    await asker.at(0).answer("session");

    const plain = await request("two");

    assert.equal(plain.end, undefined);
  });
});

describe("an answer that came through a client", () => {
  it("holds in the session of that client alone", async () => {
    const { asker, request } = createConsent();
    await request("one", { session: "a" });
    await asker.at(0).answer("session");

    const same = await request("two", { session: "a" });
    const another = await request("three", { session: "b" });

    assert.deepEqual([same.end, another.end], [{ by: "grant of this session" }, undefined]);
  });

  it("holds everywhere when it came from the window", async () => {
    const { asker, request } = createConsent();
    await request("one");
    await asker.at(0).answer("session");

    const another = await request("two", { session: "b" });

    assert.deepEqual(another.end, { by: "grant of this session" });
  });
});
