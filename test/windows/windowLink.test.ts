import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { WindowLease } from "../../src/store/windowLease";
import { TaskError } from "../../src/tasks/taskError";
import { shareTasks } from "../../src/windows/shareTasks";
import { WindowLink } from "../../src/windows/windowLink";
import { createTasks } from "../support/createTasks";

const nothing = (): void => undefined;
const news = { onTask: nothing, onRemoved: nothing, onOutput: nothing, onGone: nothing };

describe("a link to another window", { timeout: 60_000 }, () => {
  it("says that the window is gone at whatever moment of its end it is asked for something", async (t) => {
    const root = await mkdtemp(join(tmpdir(), "ssh-tasks-link-"));
    t.after(() => rm(root, { recursive: true, force: true }));
    const answers: unknown[] = [];
    for (let round = 0; round < 20; round++) {
      const lease = await WindowLease.take(root);
      const { tasks } = createTasks();
      const sharing = shareTasks({ lease, tasks, logger: { ...console, debug: nothing } });
      const holder = await WindowLease.holderOf(lease.folder);
      assert.ok(holder);
      const ended = new AbortController();
      const link = await WindowLink.open(lease.folder, holder, news, () => ended.abort());
      sharing.dispose();
      lease.dispose();
      const asking: Promise<unknown>[] = [];
      while (!ended.signal.aborted) {
        asking.push(link.listProcesses("a:b:1").catch((error: unknown) => error));
        await new Promise(setImmediate);
      }
      answers.push(...(await Promise.all(asking)));
    }

    const others = answers.filter(
      (answer) => !(answer instanceof TaskError) || answer.code !== "windowGone",
    );
    assert.deepEqual(others, []);
    assert.ok(answers.length >= 20);
  });
});
