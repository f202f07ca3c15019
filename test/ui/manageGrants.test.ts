import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { QuickPickItem } from "vscode";
import type { Grant } from "../../src/tasks/grant";
import { manageGrants } from "../../src/ui/manageGrants";
import { createUi } from "./createUi";

const grantedAt = Date.UTC(2026, 0, 2, 12);
const expiresAt = Date.UTC(2026, 1, 1, 12);
const forLong: Grant = {
  ...{ alias: "build01", machine: "dev@192.0.2.1:22", grantedAt, expiresAt },
  client: "agent:Copilot",
};
const forSession: Grant = {
  ...{ alias: "build02", machine: "dev@192.0.2.2:22", grantedAt, rule: "rules[1]" },
  client: "agent:Copilot",
};

async function manage(listed: readonly Grant[], pick: readonly number[] | undefined) {
  const { editor, notify } = createUi();
  const shown: (readonly QuickPickItem[])[] = [];
  editor.pick = (items) => {
    shown.push(items);
    return pick?.map((index) => items[index]);
  };
  const revoked: Grant[] = [];
  const grants = {
    list: () => Promise.resolve(listed),
    revoke: (some: readonly Grant[]) => Promise.resolve(void revoked.push(...some)),
  };
  await manageGrants({ grants, notify });
  return { items: shown[0] ?? [], revoked, said: editor.messages.map(({ text }) => text) };
}

describe("the list of grants", () => {
  it("says of each for what, until when, to whom and since when", async () => {
    const { items } = await manage([forSession, forLong], undefined);

    const day = (time: number): string => new Date(time).toLocaleDateString();
    const seen = items.map(({ label, description, detail }) => ({ label, description, detail }));
    assert.deepEqual(seen, [
      {
        label: "build02",
        description: "dev@192.0.2.2:22 · this session",
        detail: `Granted to Copilot on ${day(grantedAt)} for rules[1]`,
      },
      {
        label: "build01",
        description: `dev@192.0.2.1:22 · until ${day(expiresAt)}`,
        detail: `Granted to Copilot on ${day(grantedAt)}`,
      },
    ]);
  });

  it("revokes those that are picked, and says so", async () => {
    const one = await manage([forSession, forLong], [1]);
    const both = await manage([forSession, forLong], [0, 1]);

    assert.deepEqual(one.revoked, [forLong]);
    assert.deepEqual(one.said, ["1 grant is revoked. What runs already goes on."]);
    assert.deepEqual(both.revoked, [forSession, forLong]);
    assert.deepEqual(both.said, ["2 grants are revoked. What runs already goes on."]);
  });

  for (const pick of [undefined, []]) {
    it(`revokes nothing when ${pick ? "nothing is picked" : "it is closed"}`, async () => {
      const { revoked, said } = await manage([forLong], pick);

      assert.deepEqual([revoked, said], [[], []]);
    });
  }

  it("is a sentence when there are none", async () => {
    const { items, said } = await manage([], [0]);

    assert.deepEqual(items, []);
    assert.deepEqual(said, [
      "There are no grants: you are asked before an agent runs a command on a host.",
    ]);
  });

  it("rejects when that can't be kept", async () => {
    const { editor, notify } = createUi();
    editor.pick = (items) => items;
    const failure = new Error("no space left");
    const grants = {
      list: () => Promise.resolve([forLong]),
      revoke: () => Promise.reject(failure),
    };

    await assert.rejects(manageGrants({ grants, notify }), failure);

    assert.deepEqual(editor.messages, []);
  });
});
