import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { killAll, listProcesses, uniqueMarker } from "../support/processes";
import { endScripts, isAlive, Plantation, shells, taskFolder, type Planted } from "./remoteShell";
import { ControlShell, mainOf, newTaskId, startTask } from "./remoteTask";

for (const shell of shells) {
  // Others on this machine may have orphans too: only those of the test are looked at, or none counts at all.
  describe(`the orphans that a cancel sees under ${shell.name}`, { timeout: 60_000 }, () => {
    const marker = uniqueMarker();
    let plantation: Plantation;
    let taskId: string;
    beforeEach(() => {
      plantation = new Plantation();
      taskId = newTaskId();
      mkdirSync(taskFolder(taskId), { recursive: true, mode: 0o700 });
      execFileSync("mkfifo", [join(taskFolder(taskId), "tree")]);
    });
    afterEach(async () => {
      endScripts();
      plantation.end();
      await killAll(marker);
    });

    const plantOne = async (script: string): Promise<Planted> => {
      const [planted] = await plantation.plant(script);
      assert.ok(planted);
      return planted;
    };
    const plantMain = () => plantOne("echo $$; exec sleep 60");
    /** Of no session, environment and parent that would tell whose it is. */
    const plantOrphan = async (environment = ""): Promise<Planted> => {
      const command = `env -i ${environment} setsid sleep ${marker}.1 >/dev/null 2>&1 & echo $!`;
      const orphan = await plantOne(`(${command})`);
      const hasNoParent = () =>
        listProcesses().some(
          ({ pid, parent, argv }) => pid === orphan.pid && parent === 1 && argv[0] === "sleep",
        );
      await eventually("it has lost its parent", hasNoParent);
      return orphan;
    };
    const cancel = (leader: Planted, supervisor = "-", reaper = "-") =>
      new ControlShell(shell)
        .ask("cancel", { taskId, leader: leader.name, supervisor, reaper })
        .ended();
    const named = (report: readonly string[], { pid }: Planted) =>
      report.filter((line) => line.startsWith(`ORPHAN ${pid} `));

    it("are named, and nothing is claimed, where there was no reaper; none is touched", async () => {
      const main = await plantMain();
      const orphan = await plantOrphan();

      const report = await cancel(main);

      assert.match(named(report, orphan).join(), new RegExp(`^ORPHAN \\d+ \\w+ sleep ${marker}.1`));
      assert.equal(report.at(-1), "END orphans");
      assert.deepEqual([isAlive(main.pid), isAlive(orphan.pid)], [false, true]);
      assert.equal(existsSync(taskFolder(taskId)), true);
    });

    it("are not the task's while its reaper lives", async () => {
      const reaper = await plantMain();
      const main = await plantMain();
      await plantOrphan();

      const report = await cancel(main, String(reaper.pid), "reaper");

      assert.equal(report.at(-1), "END gone");
      assert.deepEqual(report.join().includes("ORPHAN"), false);
    });

    it("may be the task's where its reaper is gone and has not said that all have ended", async () => {
      const main = await plantMain();
      const orphan = await plantOrphan();

      const report = await cancel(main, "999999999", "reaper");

      assert.equal(named(report, orphan).length, 1);
      assert.equal(report.at(-1), "END orphans");
    });

    it("are not the task's where its reaper has said that all have ended", async () => {
      const main = await plantMain();
      await plantOrphan();
      writeFileSync(join(taskFolder(taskId), "reaped"), "");

      const report = await cancel(main, "999999999", "reaper");

      assert.equal(report.at(-1), "END gone");
    });

    it("are not named when they started before the main process", async () => {
      const orphan = await plantOrphan();
      const main = await plantMain();

      assert.deepEqual(named(await cancel(main), orphan), []);
    });

    it("are not named when they carry the id of another task", async () => {
      const main = await plantMain();
      const orphan = await plantOrphan();
      const other = await plantOrphan("SSH_TASKS_ID=build01:2:2");

      const report = await cancel(main);

      assert.deepEqual([named(report, orphan).length, named(report, other).length], [1, 0]);
    });

    it("are not named when they have a parent", async () => {
      const main = await plantMain();
      const child = await plantOne("env -i sleep 60 >/dev/null & echo $!; wait");

      assert.deepEqual(named(await cancel(main), child), []);
    });

    it("do not include the reapers of other tasks", async () => {
      const main = await plantMain();
      const other = await mainOf(startTask(shell, `sleep ${marker}.2; exit`));
      const reaper = { pid: Number(other.supervisor), name: "" };
      assert.equal(listProcesses().find(({ pid }) => pid === reaper.pid)?.parent, 1);

      const report = await cancel(main);

      assert.deepEqual(named(report, reaper), []);
      assert.equal(isAlive(reaper.pid), true);
    });
  });
}
