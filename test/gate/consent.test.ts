import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createHostInfo } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { createConsent, HandAsker, MemoryGrants } from "./gateHarness";

const denied = { by: "answer: deny", why: "The user has denied it." };
const web = createHostInfo("web.example.com");
const other = { ...web, hostName: "192.0.2.2" };

describe("the person's word", () => {
  it("is asked for with the command, who wants it, where, and the answers there are", async () => {
    const { asker, request } = createConsent();

    await request("uptime");

    const { host, command, client, rule, offers } = asker.at(0);
    assert.deepEqual(
      [host.alias, command, client, rule],
      ["build01", "uptime", "agent:test", undefined],
    );
    assert.deepEqual(offers, ["once", "session", "always", "deny"]);
  });

  it("holds once when it is once", async () => {
    const { asker, request } = createConsent();
    const first = await request("one");
    await asker.at(0).answer("once");

    const second = await request("two");

    assert.deepEqual([first.end, second.end], [{ by: "answer: once" }, undefined]);
    assert.deepEqual(asker.commands, ["one", "two"]);
  });

  it("holds until the session ends when it is for the session, and is kept nowhere", async () => {
    const { asker, store, request } = createConsent();
    await request("one");
    await asker.at(0).answer("session");

    const second = await request("two");

    assert.deepEqual(second.end, { by: "grant of this session" });
    assert.deepEqual([asker.commands, store?.grants], [["one"], []]);
  });

  it("holds in other sessions too when it is always", async () => {
    const store = new MemoryGrants();
    const { asker, request } = createConsent({ store });
    await request("one");
    await asker.at(0).answer("always");

    const second = await createConsent({ store }).request("two");

    assert.deepEqual(second.end, { by: "grant" });
    assert.equal(store.grants.length, 1);
  });

  it("holds for the session when always can't be kept, and the log says so", async () => {
    const store = new MemoryGrants();
    const { asker, log, request } = createConsent({ store });
    store.failure = new Error("no space left");
    const first = await request("one");
    await asker.at(0).answer("always");

    const second = await request("two");

    assert.deepEqual(first.end, { by: "answer: always" });
    assert.deepEqual(second.end, { by: "grant of this session" });
    assert.deepEqual(log, [
      "error: The grant can't be kept and holds for this session: no space left",
    ]);
  });

  it("offers no always where nothing can be kept, nor takes it", async () => {
    const { asker, request } = createConsent({ store: null });
    const first = await request("one");

    await asker.at(0).answer("always");

    assert.deepEqual(asker.at(0).offers, ["once", "session", "deny"]);
    assert.deepEqual(first.end, { by: "no answer", why: "The user gave no answer." });
  });

  it("lets nothing run when it is none", async () => {
    const { asker, request } = createConsent();
    const first = await request("one");

    await asker.at(0).answer(undefined);

    assert.deepEqual(first.end, { by: "no answer", why: "The user gave no answer." });
  });
});

describe("questions that come together", () => {
  it("are asked one after the other", async () => {
    const { asker, request } = createConsent();
    const first = await request("one");
    const second = await request("two", { host: other });
    assert.deepEqual(asker.commands, ["one"]);

    await asker.at(0).answer("once");
    await settle();

    assert.deepEqual(asker.commands, ["one", "two"]);
    assert.deepEqual([first.end, second.end], [{ by: "answer: once" }, undefined]);
  });

  it("are one after the other too when each request brings an asker of its own for the same person", async () => {
    const { asker, request } = createConsent();
    await request("one", { session: "a" });
    const again = new HandAsker();

    const second = await request("two", { session: "a" }, again);

    assert.deepEqual(again.commands, []);
    await asker.at(0).answer("session");
    await settle();
    assert.deepEqual(second.end, { by: "grant of this session" });
    assert.deepEqual(again.commands, []);
  });

  it("wait for nobody else's person", async () => {
    const { asker, request } = createConsent();
    await request("one", { session: "a" });
    const somebody = new HandAsker();

    await request("two", { session: "b" }, somebody);

    assert.deepEqual([asker.commands, somebody.commands], [["one"], ["two"]]);
  });

  it("hold up nothing that a grant lets run", async () => {
    const { asker, grants, request } = createConsent();
    const who = { rule: undefined, session: undefined, client: "agent:test" };
    grants.addForSession({ host: other, ...who });
    await request("one");

    const granted = await request("two", { host: other });

    assert.deepEqual(granted.end, { by: "grant of this session" });
    assert.deepEqual(asker.commands, ["one"]);
  });

  it("are not asked any more once an earlier answer grants them", async () => {
    const { asker, request } = createConsent();
    await request("one");
    const second = await request("two");

    await asker.at(0).answer("always");
    await settle();

    assert.deepEqual(second.end, { by: "grant" });
    assert.deepEqual(asker.commands, ["one"]);
  });

  it("are all denied with the first about their machine, and those about another are asked", async () => {
    const { asker, request } = createConsent();
    const all = [
      await request("one"),
      await request("two"),
      await request("elsewhere", { host: other }),
      await request("three", { rule: "rules[0]" }),
    ];

    await asker.at(0).answer("deny");
    await settle();
    await asker.at(1).answer("once");
    await settle();

    const ends = all.map(({ end }) => end);
    assert.deepEqual(ends, [denied, denied, { by: "answer: once" }, denied]);
    assert.deepEqual(asker.commands, ["one", "elsewhere"]);
  });

  it("are asked anew after a denial", async () => {
    const { asker, request } = createConsent();
    await request("one");
    await asker.at(0).answer("deny");

    await request("two");

    assert.deepEqual(asker.commands, ["one", "two"]);
  });

  it("are denied by nobody else's person", async () => {
    const { asker, request } = createConsent();
    const somebody = new HandAsker();
    await request("one", { session: "a" });
    await request("elsewhere", { session: "b", host: other }, somebody);
    const waiting = await request("two", { session: "b" }, somebody);

    await asker.at(0).answer("deny");
    await somebody.at(0).answer("once");
    await settle();

    assert.equal(waiting.end, undefined);
    assert.deepEqual(somebody.commands, ["elsewhere", "two"]);
  });
});
