import assert from "node:assert/strict";
import fs from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, mock } from "node:test";
import { createEndedTask, createTask, statuses } from "../tasks/samples";
import {
  createFolder,
  createOutput,
  loadAll,
  outputFile,
  remoteProcess,
  task,
  taskFile,
} from "./journalHarness";

describe("a journal of tasks", () => {
  for (const status of statuses) {
    it(`gives back a ${status} task with its process and its output after a reload`, async (t) => {
      const { open, said } = await createFolder(t);
      const stored = { task: createTask(status), process: remoteProcess, output: createOutput() };
      const journal = await open();

      journal.saveTask(stored.task, stored.process);
      journal.saveOutput(stored.task.id, stored.output);
      await journal.flush();

      assert.deepEqual(await loadAll(await open()), [stored]);
      assert.deepEqual(said, []);
    });
  }

  it("says when a task is in it, whatever else is still to be written, and at once of one it was not asked to keep", async (t) => {
    const { open } = await createFolder(t);
    const journal = await open();
    journal.saveTask({ ...task, id: "host:hash:1" }, remoteProcess);
    journal.saveTask(task, remoteProcess);
    journal.saveTask({ ...task, id: "host:hash:2" }, undefined);

    await journal.saved(task.id);

    const ids = (await loadAll(await open())).map((stored) => stored.task.id);
    assert.ok(ids.includes(task.id), ids.join());
    await journal.saved("host:hash:3");
  });

  it("gives back all tasks, the oldest first, and none that was removed", async (t) => {
    const { open, list } = await createFolder(t);
    const journal = await open();
    for (const age of [3, 1, 2]) {
      const ended = createEndedTask("completed", 9, `host:hash:${9 - age}`);
      journal.saveTask({ ...ended, createdAt: 9 - age }, undefined);
      journal.saveOutput(ended.id, createOutput());
    }
    await journal.flush();

    journal.remove("host:hash:7");
    await journal.flush();

    const loaded = await loadAll(await open());
    assert.deepEqual(
      loaded.map((stored) => stored.task.id),
      ["host:hash:6", "host:hash:8"],
    );
    assert.equal((await list()).length, 5);
  });

  it("forgets what was asked for before a removal, and keeps what is asked for after it", async (t) => {
    const { open, list } = await createFolder(t);
    const journal = await open();
    journal.saveTask(task, remoteProcess);
    journal.saveOutput(task.id, createOutput());
    await journal.flush();

    journal.saveOutput(task.id, createOutput());
    journal.remove(task.id);
    journal.saveTask(task, undefined);
    await journal.flush();

    assert.deepEqual(await loadAll(journal), [{ task }]);
    assert.deepEqual(await list(), [taskFile, "version"]);
  });

  it("lets nobody else into its folder and its files, whatever they were before", async (t) => {
    const { open, folder } = await createFolder(t);
    await mkdir(folder, { mode: 0o755 });
    await writeFile(join(folder, taskFile), "", { mode: 0o644 });
    const journal = await open();

    journal.saveTask(task, undefined);
    journal.saveOutput(task.id, createOutput());
    await journal.flush();

    const modeOf = async (name: string): Promise<number> =>
      (await stat(join(folder, name))).mode & 0o777;
    assert.deepEqual(
      await Promise.all([".", taskFile, outputFile, "version"].map(modeOf)),
      [0o700, 0o600, 0o600, 0o600],
    );
  });

  it("loads 1,000 tasks with their output", { timeout: 60_000 }, async (t) => {
    const { open } = await createFolder(t);
    const journal = await open();
    for (let index = 0; index < 1000; index++) {
      const ended = createEndedTask("completed", 9, `host:hash:${index}`);
      journal.saveTask(ended, remoteProcess);
      journal.saveOutput(ended.id, createOutput());
    }
    await journal.flush();

    const loaded = await loadAll(journal);

    assert.equal(loaded.length, 1000);
  });
});

describe("the writes of a journal", () => {
  /** Counts the files that are put in place, and how many are on their way at once. */
  function watchWrites(): { names: string[]; most: () => number; release: () => void } {
    const names: string[] = [];
    let open = 0;
    let most = 0;
    const { open: openFile, rename } = fs;
    const opened = mock.method(fs, "open", ((...args: Parameters<typeof openFile>) => {
      most = Math.max(most, ++open);
      openFile(...args);
    }) as typeof openFile);
    const renamed = mock.method(fs, "rename", ((from, to, done) => {
      open--;
      names.push(String(to));
      rename(from, to, done);
    }) as typeof rename);
    const release = (): void => {
      opened.mock.restore();
      renamed.mock.restore();
    };
    return { names, most: () => most, release };
  }

  it("are one for a burst of saves of a task, of the last of them", async (t) => {
    const { open, folder } = await createFolder(t);
    const journal = await open();
    const writes = watchWrites();
    t.after(writes.release);

    for (let pid = 0; pid < 100; pid++) journal.saveTask(task, { ...remoteProcess, pid });
    await journal.flush();

    assert.deepEqual(writes.names, [join(folder, taskFile)]);
    assert.equal((await loadAll(journal))[0]?.process?.pid, 99);
  });

  it("are two when a task changes again while it is being written", async (t) => {
    const { open } = await createFolder(t);
    const journal = await open();
    const writes = watchWrites();
    t.after(writes.release);

    journal.saveTask(task, undefined);
    while (writes.most() === 0) await new Promise(setImmediate);
    for (let pid = 0; pid < 100; pid++) journal.saveTask(task, { ...remoteProcess, pid });
    await journal.flush();

    assert.equal(writes.names.length, 2);
    assert.equal(writes.most(), 1);
    assert.equal((await loadAll(journal))[0]?.process?.pid, 99);
  });

  it("are at most four at once", async (t) => {
    const { open } = await createFolder(t);
    const journal = await open();
    const writes = watchWrites();
    t.after(writes.release);

    for (let index = 0; index < 40; index++)
      journal.saveTask(createEndedTask("failed", 9, `host:hash:${index}`), undefined);
    await journal.flush();

    assert.equal(writes.names.length, 40);
    assert.equal(writes.most(), 4);
  });

  it("are waited for by a flush, and those that are asked for later are not", async (t) => {
    const { open } = await createFolder(t);
    const journal = await open();
    const flushed = new AbortController();
    let later = 0;

    journal.saveTask(task, undefined);
    void journal.flush().then(() => flushed.abort());
    for (; !flushed.signal.aborted && later < 10_000; later++) {
      journal.saveTask(createEndedTask("failed", 9, `host:hash:${later}`), undefined);
      await new Promise(setImmediate);
    }
    await journal.flush();

    assert.ok(later < 10_000);
    assert.equal((await loadAll(journal)).length, later + 1);
  });
});
