import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { killAll, uniqueMarker } from "../support/processes";
import { endScripts, sessionOf, shells, taskFolder } from "./remoteShell";
import { finish, mainOf, newTaskId, startTask, withoutPerl } from "./remoteTask";

for (const shell of shells) {
  describe(`runner.sh and reaper.pl under ${shell.name}`, { timeout: 60_000 }, () => {
    const marker = uniqueMarker();
    afterEach(() => {
      endScripts();
      return killAll(marker);
    });
    /** It is known by the FIFO alone, and its parent is gone. */
    const leftover = `(env -i setsid sleep ${marker}.1 >/dev/null 2>&1 &); exit 3`;

    for (const [who, instead, below] of [
      ["reaper.pl", "", "reaper"],
      ["runner.sh, where there is no perl", withoutPerl, "-"],
    ] as const) {
      it(`the main process has a session of its own below ${who}`, async () => {
        const main = await mainOf(startTask(shell, `sleep ${marker}.2; exit`, { instead }));

        const pid = Number(main.leader.split(":")[0]);
        assert.deepEqual([sessionOf(pid), main.reaper], [pid, below]);
      });

      it(`what is left is counted below ${who}`, async () => {
        const task = startTask(shell, leftover, { instead });

        assert.match((await finish(task)).stdout, /nonce END 3 1\n$/);
      });

      it(`nothing is left where nobody is below ${who}`, async () => {
        const { stdout } = await finish(startTask(shell, "exit 2", { instead }));

        assert.match(stdout, /nonce END 2 0\n$/);
      });

      it(`the command gets nothing but the FIFO as descriptor 8 below ${who}`, async () => {
        const taskId = newTaskId();

        const { stdout } = await finish(
          startTask(shell, "ls -l /proc/$$/fd; true", { taskId, instead }),
        );

        const open = stdout.split("\n").flatMap((line) => / (\d+ -> .*)$/.exec(line)?.[1] ?? []);
        const own = open.filter((line) => /^[3-9] /.test(line));
        assert.deepEqual(own, [`8 -> ${join(taskFolder(taskId), "tree")}`]);
      });
    }

    it("no folder stays once the end was heard", async () => {
      const taskId = newTaskId();

      await finish(startTask(shell, "true", { taskId }));

      assert.equal(existsSync(taskFolder(taskId)), false);
    });

    it("the folder stays until the last of what is left has ended, and goes with it", async () => {
      const taskId = newTaskId();

      await finish(startTask(shell, leftover, { taskId }));

      assert.equal(existsSync(join(taskFolder(taskId), "heard")), true);
      await killAll(marker);
      await eventually("it is gone", () => !existsSync(taskFolder(taskId)));
    });

    it("the folder stays where nobody has heard of the end", async () => {
      const taskId = newTaskId();
      const task = startTask(shell, "exit 7", { taskId });
      await task.prints("nonce END 7 0\n");

      task.child.stdin?.end();

      await task.ended;
      assert.equal(existsSync(join(taskFolder(taskId), "exit.7")), true);
    });
  });
}
