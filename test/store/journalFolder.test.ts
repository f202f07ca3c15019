import assert from "node:assert/strict";
import { lutimes, mkdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TaskError } from "../../src/tasks/taskError";
import { createFolder, loadAll, outputFile, taskFile } from "./journalHarness";

describe("the folder of a journal", () => {
  const old = new Date(Date.now() - 61_000);

  it("is left as it is when a newer version wrote it, which is said with what to do", async (t) => {
    const { open, folder, list } = await createFolder(t);
    await mkdir(folder, { mode: 0o755 });
    await writeFile(join(folder, "version"), "2\n");
    await writeFile(join(folder, "version.123"), "");
    await utimes(join(folder, "version.123"), old, old);

    await assert.rejects(open, (error) => {
      assert.ok(error instanceof TaskError && error.code === "journalNewer");
      assert.ok(error.message.includes(folder));
      assert.match(error.message, /Update SSH Tasks, or move that folder away/);
      return true;
    });

    assert.deepEqual(await list(), ["version", "version.123"]);
    assert.equal(await readFile(join(folder, "version"), "utf8"), "2\n");
    assert.equal((await stat(folder)).mode & 0o777, 0o755);
  });

  it("gets a version anew when what it names is none", async (t) => {
    const { open, folder, list, said } = await createFolder(t);
    await mkdir(folder);
    await writeFile(join(folder, "version"), "x".repeat(1000));

    await open();

    assert.deepEqual(await list(), ["version", "version.broken"]);
    assert.equal(await readFile(join(folder, "version"), "utf8"), "1\n");
    assert.equal(said.length, 1);
  });

  it("is cleared of what a crash has left a minute ago, and of nothing else", async (t) => {
    const { open, folder, list } = await createFolder(t);
    await mkdir(folder);
    const leftovers = [`${taskFile}.4294967295`, `${outputFile}.7`, "version.123", outputFile];
    const others = ["notes.txt", "notes.1", "a.json.broken", "a.json.12345678901", "new.json.123"];
    for (const name of [...leftovers, ...others]) await writeFile(join(folder, name), "");
    for (const name of [...leftovers, ...others.slice(0, -1)])
      await utimes(join(folder, name), old, old);

    await loadAll(await open());

    assert.deepEqual(await list(), [...others, "version"].sort());
  });

  it("is cleared of files that were put aside 30 days ago, and of no folder", async (t) => {
    const { open, folder, list, said } = await createFolder(t);
    await mkdir(folder);
    const day = 24 * 3_600_000;
    const aged = async (name: string, days: number): Promise<string> => {
      const at = new Date(Date.now() - days * day);
      await lutimes(join(folder, name), at, at);
      return name;
    };
    for (const name of ["a.json.broken", "a.output.broken", "version.broken", "notes.broken"]) {
      await writeFile(join(folder, name), "");
      await aged(name, 31);
    }
    await symlink(folder, join(folder, "link.json.broken"));
    await aged("link.json.broken", 31);
    await mkdir(join(folder, "folder.json.broken"));
    await aged("folder.json.broken", 31);
    await writeFile(join(folder, "young.json.broken"), "");
    await aged("young.json.broken", 29);

    await open();

    assert.deepEqual(await list(), [
      "folder.json.broken",
      "notes.broken",
      "version",
      "young.json.broken",
    ]);
    assert.deepEqual(said, []);
  });

  it("keeps a file for 30 days after it was put aside, however old it was", async (t) => {
    const { open, folder, list } = await createFolder(t);
    await mkdir(folder);
    await writeFile(join(folder, taskFile), "");
    const longAgo = new Date(0);
    await utimes(join(folder, taskFile), longAgo, longAgo);

    await loadAll(await open());
    await open();

    assert.deepEqual(await list(), [`${taskFile}.broken`, "version"]);
  });
});
