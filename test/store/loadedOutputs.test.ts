import assert from "node:assert/strict";
import promises from "node:fs/promises";
import { basename } from "node:path";
import { describe, it, mock, type TestContext } from "node:test";
import type { TaskJournal } from "../../src/store/taskJournal";
import { usedBytes } from "../support/heap";
import { createEndedTask } from "../tasks/samples";
import { createFolder, createOutput } from "./journalHarness";

describe("the outputs of a journal", () => {
  const MiB = 1024 * 1024;

  async function saveTasks(journal: TaskJournal, count: number, stdout: string): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, index) => `host:hash:${index}`);
    for (const [index, id] of ids.entries()) {
      journal.saveTask({ ...createEndedTask("completed", 9, id), createdAt: index }, undefined);
      journal.saveOutput(id, createOutput(stdout));
      await journal.flush();
    }
    return ids;
  }

  /** The files that are opened to be read, and how many are open at once. */
  function watchReads(t: TestContext): { names: string[]; most: () => number } {
    const names: string[] = [];
    let open = 0;
    let most = 0;
    const { open: openFile } = promises;
    const opened = mock.method(promises, "open", async (...args: Parameters<typeof openFile>) => {
      const file = await openFile(...args);
      names.push(basename(String(args[0])));
      most = Math.max(most, ++open);
      const close = file.close.bind(file);
      file.close = () => close().finally(() => open--);
      return file;
    });
    t.after(() => opened.mock.restore());
    return { names, most: () => most };
  }

  it("are read one after another, each when it is asked for, the oldest first", async (t) => {
    const { open } = await createFolder(t);
    const journal = await open();
    const ids = await saveTasks(journal, 12, "hello\n");
    const reads = watchReads(t);
    const loaded: string[] = [];

    for await (const { task, output } of journal.load()) {
      loaded.push(task.id);
      assert.deepEqual(output, createOutput());
      const outputs = reads.names.filter((name) => name.endsWith(".output"));
      assert.deepEqual(
        outputs,
        loaded.map((id) => `${id.replaceAll(":", ".")}.output`),
      );
    }

    assert.deepEqual(loaded, ids);
    assert.equal(reads.most(), 1);
  });

  it("take the memory of a few at the most, when whoever asks keeps none", async (t) => {
    const { open } = await createFolder(t);
    const journal = await open();
    await saveTasks(journal, 24, "x".repeat(2 * MiB));
    const before = await usedBytes();
    let most = 0;

    for await (const { task } of journal.load()) {
      assert.equal(task.status, "completed");
      most = Math.max(most, await usedBytes());
    }

    assert.ok(most - before < 8 * MiB, `${most - before} bytes`);
  });

  it("are not given of a task that is removed before its turn", async (t) => {
    const { open } = await createFolder(t);
    const journal = await open();
    const [first, second, third] = await saveTasks(journal, 3, "hello\n");
    const loaded: string[] = [];

    for await (const { task } of journal.load()) {
      loaded.push(task.id);
      if (task.id === first) journal.remove(second ?? "");
    }

    assert.deepEqual(loaded, [first, third]);
  });
});
