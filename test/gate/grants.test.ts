import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createConsent, createRequest } from "./gateHarness";

const dayMs = 24 * 3_600_000;

async function granted() {
  const parts = createConsent();
  const what = createRequest();
  await parts.grants.addForLong(what);
  return { ...parts, what, find: () => parts.grants.find(what) };
}

describe("a grant that outlives the session", () => {
  it("says for what, since when, until when, and who brought it up", async () => {
    const { grants, clock } = await granted();

    const grantedAt = clock.now();
    assert.deepEqual(await grants.list(), [
      {
        alias: "build01",
        machine: "dev@192.0.2.1:22",
        grantedAt,
        client: "agent:test",
        expiresAt: grantedAt + 30 * dayMs,
      },
    ]);
  });

  it("holds to the last moment of its days", async () => {
    const { clock, find } = await granted();
    await clock.advance(30 * dayMs - 1);
    assert.ok(await find());

    await clock.advance(1);

    assert.equal(await find(), undefined);
  });

  it("holds no longer when its days become fewer", async () => {
    const { keep, find } = await granted();

    keep.days = 29;

    assert.equal(await find(), undefined);
  });

  it("does not hold again when its days become more", async () => {
    const { keep, clock, find } = await granted();
    await clock.advance(30 * dayMs);

    keep.days = 60;

    assert.equal(await find(), undefined);
  });

  it("holds no longer for a clock that is set back", async () => {
    const { clock, find } = await granted();

    clock.set(-300 * dayMs);

    assert.equal(await find(), undefined);
  });

  it("was not made longer by a clock that was wrong when it was made", async () => {
    const parts = createConsent();
    const what = createRequest();
    parts.clock.set(300 * dayMs);
    await parts.grants.addForLong(what);

    parts.clock.set(-300 * dayMs);

    assert.equal(await parts.grants.find(what), undefined);
  });

  it("bears a clock that is set right by seconds", async () => {
    const { clock, find } = await granted();

    clock.set(-5000);

    assert.ok(await find());
  });

  it("is there once, with its last days, however often it was given", async () => {
    const { clock, grants, what, store } = await granted();
    await clock.advance(dayMs);

    await grants.addForLong(what);

    assert.deepEqual(
      store?.grants.map(({ grantedAt }) => grantedAt),
      [clock.now()],
    );
  });

  for (const change of [{ user: "root" }, { hostName: "192.0.2.9" }, { port: 2222 }]) {
    it(`does not hold for the same alias with another ${Object.keys(change).join()}`, async () => {
      const { grants, what } = await granted();

      const host = { ...what.host, ...change };

      assert.equal(await grants.find({ ...what, host }), undefined);
    });
  }

  it("does not hold for another alias of the same machine", async () => {
    const { grants, what } = await granted();

    const host = { ...what.host, alias: "build02" };

    assert.equal(await grants.find({ ...what, host }), undefined);
  });

  it("does not hold for a rule", async () => {
    const { grants, what } = await granted();

    assert.equal(await grants.find({ ...what, rule: "rules[0]" }), undefined);
  });
});

describe("revoking grants", () => {
  it("ends those that were picked, kept or of this session, and leaves the others", async () => {
    const { grants, what, find } = await granted();
    const other = { ...what, host: { ...what.host, alias: "build02" } };
    await grants.addForLong(other);
    grants.addForSession(what);
    const [ofSession, kept] = (await grants.list()).filter(({ alias }) => alias === "build01");
    assert.ok(ofSession && kept);

    await grants.revoke([ofSession, kept]);

    assert.equal(await find(), undefined);
    assert.ok(await grants.find(other));
  });

  it("ends the one of this session also when the others can't be written", async () => {
    const { grants, store, what } = await granted();
    const rule = "rules[0]";
    grants.addForSession({ ...what, rule });
    const failure = new Error("no space left");
    if (store) store.failure = failure;

    await assert.rejects(async () => grants.revoke(await grants.list()), failure);

    assert.equal(await grants.find({ ...what, rule }), undefined);
  });
});
