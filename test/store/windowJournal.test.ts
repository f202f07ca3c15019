import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openWindowJournal } from "../../src/store/windowJournal";
import { createLogger } from "../support/createTasks";
import { createTask } from "../tasks/samples";
import { loadAll } from "./journalHarness";

const task = createTask("running");

/** A folder for the journals of several windows, and a way to open one. */
async function createRoot(t: TestContext, name = "j") {
  const parent = await mkdtemp(join(tmpdir(), "ssh-tasks-windows-"));
  t.after(() => rm(parent, { recursive: true, force: true }));
  const root = join(parent, name);
  const open = () => openWindowJournal(root, createLogger());
  const idsIn = async (journal: Awaited<ReturnType<typeof open>>): Promise<string[]> =>
    (await loadAll(journal)).map((stored) => stored.task.id);
  return { root, open, idsIn };
}

/** A window in a process of its own, which keeps a task. */
async function startWindow(t: TestContext, root: string): Promise<ChildProcess> {
  const child = fork(__filename, { env: { ...process.env, WINDOW_ROOT: root } });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "message");
  return child;
}

async function beWindow(root: string): Promise<void> {
  const journal = await openWindowJournal(root, createLogger());
  journal.saveTask(task, undefined);
  await journal.flush();
  process.send?.("kept");
  setInterval(() => undefined, 1000);
}

const windowRoot = process.env["WINDOW_ROOT"];
if (windowRoot !== undefined) void beWindow(windowRoot);
else
  describe("the journals of several windows", { timeout: 30_000 }, () => {
    it("keep the tasks of each window to itself while it is there", async (t) => {
      const { open, idsIn } = await createRoot(t);
      const first = await open();
      first.saveTask(task, undefined);
      await first.flush();

      const second = await open();

      assert.deepEqual(await idsIn(second), []);
      assert.deepEqual(await idsIn(first), [task.id]);
      first.dispose();
      second.dispose();
    });

    it("give the tasks of a window that has ended to the next one, and leave nothing of it", async (t) => {
      const { root, open, idsIn } = await createRoot(t);
      const first = await open();
      first.saveTask(task, undefined);
      await first.flush();
      first.dispose();

      const second = await open();

      assert.deepEqual(await idsIn(second), [task.id]);
      const left = (await readdir(root)).filter((name) => name.startsWith("window-"));
      assert.equal(left.length, 1);
      second.dispose();
    });

    it("give the tasks of a window that was killed to one of those that come at once", async (t) => {
      const { root, open, idsIn } = await createRoot(t);
      const window = await startWindow(t, root);
      window.kill("SIGKILL");
      await once(window, "exit");

      const journals = await Promise.all(Array.from({ length: 8 }, open));

      const found = await Promise.all(journals.map(idsIn));
      assert.deepEqual(found.flat(), [task.id]);
      for (const journal of journals) journal.dispose();
    });

    it("leave the tasks of a window that is only stopped to it", async (t) => {
      const { root, open, idsIn } = await createRoot(t);
      const window = await startWindow(t, root);
      window.kill("SIGSTOP");

      const journal = await open();

      assert.deepEqual(await idsIn(journal), []);
      journal.dispose();
    });

    it("give on what a window had taken over from another", async (t) => {
      const { root, open, idsIn } = await createRoot(t);
      const first = await open();
      first.saveTask(task, undefined);
      await first.flush();
      first.dispose();
      const second = await open();
      await second.flush();
      second.dispose();

      const third = await open();

      assert.deepEqual(await idsIn(third), [task.id]);
      assert.equal((await readdir(root)).filter((name) => name.startsWith("window-")).length, 1);
      third.dispose();
    });

    it("give the tasks of a window that ends to one that is open, when it asks", async (t) => {
      const { open, idsIn } = await createRoot(t);
      const first = await open();
      const second = await open();
      first.saveTask(task, undefined);
      await first.flush();
      assert.equal(await second.takeOver?.(), false);

      first.dispose();

      assert.equal(await second.takeOver?.(), true);
      assert.deepEqual(await idsIn(second), [task.id]);
      assert.equal(await second.takeOver?.(), false);
      second.dispose();
    });

    it("are had where the path is too long for a socket", async (t) => {
      const { open, idsIn } = await createRoot(t, "x".repeat(120));
      const first = await open();
      first.saveTask(task, undefined);
      await first.flush();

      const second = await open();

      assert.deepEqual([await idsIn(first), await idsIn(second)], [[task.id], []]);
      first.dispose();
      second.dispose();
    });

    it("leave nothing in their common folder that was put aside long ago", async (t) => {
      const { root, open } = await createRoot(t);
      (await open()).dispose();
      const old = new Date(0);
      await writeFile(join(root, "version.broken"), "");
      await utimes(join(root, "version.broken"), old, old);

      (await open()).dispose();

      assert.ok(!(await readdir(root)).includes("version.broken"));
    });

    it("are left alone where a newer version has written them", async (t) => {
      const { root, open } = await createRoot(t);
      (await open()).dispose();
      await writeFile(join(root, "version"), "2\n");

      await assert.rejects(open(), { code: "journalNewer" });
    });
  });
