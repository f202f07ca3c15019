import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  lstat,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { TaskJournal } from "../../src/store/taskJournal";
import type { Cleanup } from "../support/cleanup";
import { createEndedTask } from "../tasks/samples";
import {
  createFolder,
  createOutput,
  loadAll,
  outputFile,
  remoteProcess,
  task,
  taskFile,
} from "./journalHarness";

const KiB = 1024;

/** A journal that has kept one task and its output. */
async function createJournal(t: TestContext) {
  const folder = await createFolder(t);
  const journal = await folder.open();
  await saveAll(journal);
  return { ...folder, journal };
}

async function saveAll(journal: TaskJournal): Promise<void> {
  journal.saveTask(task, remoteProcess);
  journal.saveOutput(task.id, createOutput());
  await journal.flush();
}

describe("a damaged file in a journal", () => {
  const damages: Readonly<Record<string, string>> = {
    "of no bytes": "",
    "cut in the middle": '{"task":{"id":"a',
    "that is not JSON, with a secret in it": "hunter2",
    "that is JSON of something else": "[1]",
    "of a task without a state": JSON.stringify({ task: { ...task, status: undefined } }),
    "of a task whose id is a path": JSON.stringify({ task: { ...task, id: "../../x" } }),
    "of a task with another name": JSON.stringify({ task: { ...task, id: "another" } }),
  };
  for (const [what, text] of Object.entries(damages)) {
    it(`${what} is put aside with its output, and named in the log without what it holds`, async (t) => {
      const { folder, journal, said, list } = await createJournal(t);
      await writeFile(join(folder, taskFile), text);

      assert.deepEqual(await loadAll(journal), []);

      assert.deepEqual(await list(), [`${taskFile}.broken`, `${outputFile}.broken`, "version"]);
      assert.equal(await readFile(join(folder, `${taskFile}.broken`), "utf8"), text);
      assert.equal(said.length, 1);
      assert.ok(said[0]?.includes(taskFile));
      assert.doesNotMatch(said[0] ?? "", /hunter2/);
    });
  }

  it("is not read when it is huge, whether it is a task or an output", async (t) => {
    const { folder, journal, list, said } = await createJournal(t);

    await truncate(join(folder, outputFile), 24 * KiB * KiB + 1);
    assert.deepEqual(await loadAll(journal), [{ task, process: remoteProcess }]);
    assert.deepEqual(await list(), [taskFile, `${outputFile}.broken`, "version"]);

    const spaces = " ".repeat(KiB * KiB);
    await writeFile(join(folder, taskFile), `${JSON.stringify({ task })}${spaces}`);
    assert.deepEqual(await loadAll(journal), []);
    assert.deepEqual(await list(), [`${taskFile}.broken`, `${outputFile}.broken`, "version"]);
    assert.match(said.join(), /25165824 is the most.+1048576 is the most/);
  });

  it("is read when it is as large as it may be", async (t) => {
    const { folder, journal } = await createJournal(t);

    await writeFile(join(folder, taskFile), JSON.stringify({ task }).padEnd(KiB * KiB));

    assert.equal((await loadAll(journal)).length, 1);
  });

  it("doesn't keep other tasks from being loaded, nor its own from being saved again", async (t) => {
    const { folder, journal } = await createJournal(t);
    const other = createEndedTask("completed", 9, "other:hash:1");
    journal.saveTask(other, undefined);
    await journal.flush();
    await writeFile(join(folder, taskFile), "");

    assert.deepEqual(await loadAll(journal), [{ task: other }]);
    await saveAll(journal);

    assert.equal((await loadAll(journal)).length, 2);
  });

  it("costs a task its output only, when the output is of another task", async (t) => {
    const { folder, journal, said } = await createJournal(t);
    const other = createEndedTask("completed", 9, "other:hash:1");
    journal.saveOutput(other.id, createOutput());
    await journal.flush();
    await rename(join(folder, "other.hash.1.output"), join(folder, outputFile));

    assert.deepEqual(await loadAll(journal), [{ task, process: remoteProcess }]);
    assert.equal(said.length, 1);
  });
});

describe("what is no file in a journal", () => {
  it("is put aside when it is a folder, a pipe or a link, and never waited for or followed", async (t) => {
    for (const make of ["mkdir", "mkfifo", "ln -s /etc/passwd"]) {
      const { folder, journal, list } = await createJournal(t);
      await unlink(join(folder, taskFile));
      const [program = "", ...args] = make.split(" ");
      execFileSync(program, [...args, join(folder, taskFile)]);

      assert.deepEqual(await loadAll(journal), []);
      assert.ok((await list()).includes(`${taskFile}.broken`));
    }
  });

  it("is put aside by a save: a link is not followed out of the folder", async (t) => {
    const { folder, journal } = await createJournal(t);
    const outside = join(folder, "..", "outside");
    await writeFile(outside, "precious");
    for (const name of [taskFile, outputFile]) {
      await unlink(join(folder, name));
      await symlink(outside, join(folder, name));
    }

    await saveAll(journal);

    assert.equal(await readFile(outside, "utf8"), "precious");
    for (const name of [taskFile, outputFile])
      assert.ok((await lstat(join(folder, name))).isFile());
    assert.equal((await loadAll(journal)).length, 1);
  });

  it("is never made of an id that is a path", async (t) => {
    const { journal, said, list } = await createJournal(t);
    const before = await list();

    for (const id of ["../x", "a/b", "", "x".repeat(201), "a.b", "a\0"]) {
      journal.saveTask({ ...task, id }, undefined);
      journal.saveOutput(id, createOutput());
      journal.remove(id);
    }
    await journal.flush();

    assert.deepEqual(await list(), before);
    assert.equal(said.length, 18);
  });
});

describe("a journal that can't write", () => {
  /** A disk of 64 KiB. */
  async function mountSmallDisk(cleanup: Cleanup, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
    cleanup.add(() => execFileSync("umount", [folder]));
  }

  it("keeps what it had when the disk is full, says so once, and goes on when there is room", async (t) => {
    const { folder, open, said, list, cleanup } = await createFolder(t);
    await mountSmallDisk(cleanup, folder);
    const journal = await open();
    await saveAll(journal);
    const before = await loadAll(journal);
    const names = await list();

    // Larger than what is free: the first part of it would fit.
    for (let times = 0; times < 3; times++) {
      journal.saveOutput(task.id, createOutput("x".repeat(100 * KiB)));
      await journal.flush();
    }

    assert.deepEqual(await loadAll(journal), before);
    assert.deepEqual(await list(), names);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", /ENOSPC/);
    journal.saveOutput(task.id, createOutput("again\n"));
    await journal.flush();
    assert.deepEqual((await loadAll(journal))[0]?.output, createOutput("again\n"));
  });

  it("puts the states that it couldn't keep on the disk as soon as one can be, the latest of each", async (t) => {
    const { folder, open, cleanup } = await createFolder(t);
    await mountSmallDisk(cleanup, folder);
    const journal = await open();
    const filler = join(folder, "filler");
    const ended = ["a:b:1", "a:b:2"].map((id) => createEndedTask("completed", 9, id));
    await writeFile(filler, Buffer.alloc(64 * KiB)).catch(() => undefined);
    for (const pid of [1, 2]) {
      for (const one of ended) journal.saveTask(one, { ...remoteProcess, pid });
      await journal.flush();
    }
    assert.deepEqual(await loadAll(journal), []);

    await unlink(filler);
    journal.saveTask(task, undefined);
    await journal.flush();

    const loaded = await loadAll(journal);
    assert.deepEqual(loaded.map(({ task: { id }, process }) => [id, process?.pid]).sort(), [
      ["a:b:1", 2],
      ["a:b:2", 2],
      [task.id, undefined],
    ]);
  });

  it("makes its folder again when that is gone", async (t) => {
    const { folder, journal, said, list } = await createJournal(t);
    await rm(folder, { recursive: true });

    assert.deepEqual(await loadAll(journal), []);
    await saveAll(journal);

    assert.equal((await loadAll(journal)).length, 1);
    assert.deepEqual(await list(), [taskFile, outputFile, "version"]);
    assert.equal(said.length, 1);
  });

  it("opens, and says once what is wrong, where there can be no folder", async (t) => {
    const { folder, open, said } = await createFolder(t);
    await writeFile(folder, "");

    const journal = await open();
    await saveAll(journal);
    assert.deepEqual(await loadAll(journal), []);
    await unlink(folder);
    await saveAll(journal);

    assert.equal((await loadAll(journal)).length, 1);
    assert.equal(new Set(said).size, said.length);
    assert.ok(said.length <= 2, said.join("\n"));
  });
});
