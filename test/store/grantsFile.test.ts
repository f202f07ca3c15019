import assert from "node:assert/strict";
import { mkdtemp, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { GrantsFile } from "../../src/store/grantsFile";
import type { Grant } from "../../src/tasks/grant";
import { createLogger } from "../support/createTasks";

const grant: Grant = {
  alias: "build01",
  machine: "dev@192.0.2.1:22",
  grantedAt: 1_767_225_600_000,
  expiresAt: 1_767_225_700_000,
  client: "agent:test",
};
const other: Grant = { ...grant, alias: "build02", rule: "rules[1]" };

async function createGrants(t: TestContext) {
  const parent = await mkdtemp(join(tmpdir(), "ssh-tasks-grants-"));
  t.after(() => rm(parent, { recursive: true, force: true }));
  const path = join(parent, "state", "grants.json");
  const log: string[] = [];
  const open = () => new GrantsFile(path, createLogger(log));
  const write = async (content: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  };
  return { path, parent, log, open, write };
}

const add =
  (...added: readonly Grant[]) =>
  (grants: readonly Grant[]) => [...grants, ...added];

describe("the file of grants", () => {
  it("is no grant, and no failure, while there is none", async (t) => {
    const { open, log } = await createGrants(t);

    assert.deepEqual([await open().load(), log], [[], []]);
  });

  it("gives back what was put into it, to other windows too, and is for its owner's eyes alone", async (t) => {
    const { open, path } = await createGrants(t);

    await open().change(add(grant, other));

    assert.deepEqual(await open().load(), [grant, other]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
    assert.deepEqual(await readdir(dirname(path)), ["grants.json"]);
  });

  it("has the changes of one window one after the other", async (t) => {
    const { open } = await createGrants(t);
    const grants = open();

    await Promise.all(
      Array.from({ length: 20 }, (_, i) => grants.change(add({ ...grant, alias: `build${i}` }))),
    );

    assert.equal((await grants.load()).length, 20);
  });

  it("has a window change what another has written", async (t) => {
    const { open } = await createGrants(t);
    const [one, another] = [open(), open()];
    await one.change(add(grant));
    await another.change(add(other));

    await one.change((grants) => grants.filter(({ alias }) => alias !== "build01"));

    assert.deepEqual(await another.load(), [other]);
  });

  it("keeps the last thousand", async (t) => {
    const { open } = await createGrants(t);
    const many = Array.from({ length: 1001 }, (_, i) => ({ ...grant, alias: `build${i}` }));

    await open().change(add(...many));

    const kept = await open().load();
    assert.deepEqual([kept.length, kept[0]?.alias], [1000, "build1"]);
  });

  it("drops fields that it doesn't know", async (t) => {
    const { open, write } = await createGrants(t);
    await write(JSON.stringify([{ ...grant, session: "a", everything: true }]));

    assert.deepEqual(await open().load(), [grant]);
  });

  const broken: readonly (readonly [string, string])[] = [
    ["is no JSON", "[{"],
    ["is empty", ""],
    ["is no list", JSON.stringify({ 0: grant })],
    ["has a grant that never expires", JSON.stringify([grant, { ...grant, expiresAt: undefined }])],
    ["has a grant without a machine", JSON.stringify([{ ...grant, machine: undefined }])],
    ["has a rule that is no text", JSON.stringify([{ ...grant, rule: ["rules[0]"] }])],
    ["has a time that is none", JSON.stringify([{ ...grant, expiresAt: "never" }])],
    ["has too many", JSON.stringify(Array.from({ length: 1001 }, () => grant))],
    ["is too big", JSON.stringify([{ ...grant, client: "x".repeat(1024 * 1024) }])],
  ];
  for (const [name, content] of broken) {
    it(`holds no grant when it ${name}, and the log says so`, async (t) => {
      const { open, write, log, path } = await createGrants(t);
      await write(content);

      assert.deepEqual(await open().load(), []);

      assert.equal(log.length, 1);
      assert.ok(log[0]?.startsWith(`error: ${path} can't be read, so none of its grants holds: `));
    });
  }

  it("holds no grant when it is a link, and what the link names stays as it is", async (t) => {
    const { open, path, parent } = await createGrants(t);
    await mkdir(dirname(path));
    const named = join(parent, "named.json");
    await writeFile(named, JSON.stringify([grant]));
    await symlink(named, path);

    assert.deepEqual(await open().load(), []);
    await open().change(add(other));

    assert.deepEqual(await open().load(), [other]);
    assert.equal(await readFile(named, "utf8"), JSON.stringify([grant]));
  });

  it("rejects a change that can't be written, and takes the next", async (t) => {
    const { open, path } = await createGrants(t);
    await writeFile(dirname(path), "in the way");
    const grants = open();

    await assert.rejects(grants.change(add(grant)), { code: "EEXIST" });
    await rm(dirname(path));
    await grants.change(add(other));

    assert.deepEqual(await grants.load(), [other]);
  });
});
