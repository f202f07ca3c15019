import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import leaderScript from "../../src/remote/leader.sh";
import { eventually } from "../support/eventually";
import { findProcesses, kill, killAll, uniqueMarker } from "../support/processes";
import {
  endScripts,
  isAlive,
  Plantation,
  quote,
  shells,
  startScript,
  taskFolder,
} from "./remoteShell";
import { ControlShell, finish, mainOf, newTaskId, startTask, withoutPerl } from "./remoteTask";

const stubborn = "trap '' TERM; echo $$; while :; do sleep 60; done";

/** The folder of a task, with an open gate. */
function makeFolder(taskId: string, files: Record<string, string> = {}): string {
  const path = taskFolder(taskId);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  execFileSync("mkfifo", [join(path, "tree")]);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

for (const shell of shells) {
  describe(`a request about a task under ${shell.name}`, { timeout: 120_000 }, () => {
    let plantation = new Plantation();
    let marker = uniqueMarker();
    const cancel = (question: Parameters<ControlShell["ask"]>[1], instead = "") =>
      new ControlShell(shell, { instead }).ask("cancel", question).ended();
    afterEach(async () => {
      endScripts();
      plantation.end();
      plantation = new Plantation();
      await killAll(marker);
      marker = uniqueMarker();
    });

    it("is answered to its end, with its grace, when the standard input ends meanwhile", async () => {
      const [leader] = await plantation.plant(stubborn);
      const control = new ControlShell(shell);
      const asked = control.ask("cancel", {
        leader: leader?.name ?? "",
        reaper: "reaper",
        grace: 60,
      });
      await eventually("it is in its grace", () => asked.lines().includes("SIGNAL CONT 2"));
      const began = Date.now();

      control.end();

      assert.equal((await asked.ended()).at(-1), "END gone");
      assert.ok(Date.now() - began >= 400, `the rest of 0.6 s: ${Date.now() - began} ms`);
      assert.equal(isAlive(Number(leader?.pid)), false);
      assert.equal((await control.running.ended).code, 0);
    });

    it("shuts the gate before a task that comes later, whose command then never runs", async () => {
      const taskId = newTaskId();

      const report = await cancel({ taskId });
      const { stdout } = await finish(startTask(shell, "echo ran", { taskId }));

      assert.deepEqual(report, ["BEGIN", "END never"]);
      assert.equal(stdout, "\nnonce END 143 0\n");
    });

    it("shuts the gate before a main process that is on its way to it", async () => {
      const taskId = newTaskId();
      const path = makeFolder(taskId);

      const report = await cancel({ taskId });
      const call = `exec 6>&2\nset -- 'echo ran' ${quote(path)}\n${leaderScript}`;
      const late = await startScript(shell, call, { environment: { SSH_TASKS_NONCE: "n" } }).ended;

      assert.deepEqual(report, ["BEGIN", "END never"]);
      assert.deepEqual([late.code, late.stdout, existsSync(join(path, "never"))], [143, "", true]);
      assert.deepEqual(await cancel({ taskId }), ["BEGIN", "END never"]);
    });

    it("says that a script on its way may still run where no folder is to be had", async () => {
      const report = await cancel({}, "st_make_folder() { FOLDER=; return 1; }");

      assert.deepEqual(report, ["BEGIN", "FOUND 0 0", "END launching"]);
    });

    for (const instead of ["", withoutPerl]) {
      const where = instead ? " where there is no perl" : "";
      it(`recalls who the main process is when it is not said${where}`, async () => {
        const taskId = newTaskId();
        // What descends from it has no other mark.
        const command = `env -i setsid sleep ${marker}.1 8>&- & sleep ${marker}.2; exit`;
        await mainOf(startTask(shell, command, { taskId, instead }));
        await eventually("it runs", () => findProcesses(marker).length === 2);

        const report = await cancel({ taskId });

        assert.deepEqual(report.slice(0, 2), ["BEGIN", "FOUND 3 1"]);
        assert.deepEqual(findProcesses(marker), []);
      });
    }

    it("asks nothing of a main process that `main` names and that lives since another time", async () => {
      const taskId = newTaskId();
      const [other] = await plantation.plant("echo $$; sleep 60 & sleep 60; exit");
      makeFolder(taskId, { gate: "", main: `${other?.pid} 12345 none 999999999 reaper\n` });

      const report = await cancel({ taskId });

      assert.equal(report[1], "FOUND 0 0");
      assert.equal(isAlive(Number(other?.pid)), true);
    });

    it("gives no exit of a main process that it has signalled itself", async () => {
      const taskId = newTaskId();
      const task = startTask(shell, `trap 'exit 7' TERM; sleep ${marker}.1 & wait`, { taskId });
      const main = await mainOf(task);
      await eventually("it runs", () => findProcesses(marker).length === 1);

      // The folder stays, as one who holds the FIFO is not found.
      const tree = join(taskFolder(taskId), "tree");
      await plantation.plant(`exec 9<>'${tree}'; echo $$; exec sleep 60`);

      const report = await cancel({ taskId, ...main });

      assert.equal(report.at(-1), "END held");
      await task.prints("nonce END 7");
      task.child.stdin?.end("done\n");
      await task.ended;
      const again = await cancel({ taskId, ...main, grace: 0 });
      assert.deepEqual(again, ["BEGIN", "FOUND 0 0", "END held"]);
    });

    it("does not call gone what holds the FIFO and can't be seen otherwise, and keeps the folder", async () => {
      const taskId = newTaskId();
      const tree = join(makeFolder(taskId), "tree");
      const [holder] = await plantation.plant(`exec 9<>'${tree}'; echo $$; exec sleep 60`);
      const known = { taskId, leader: "999999999:1", reaper: "reaper" };

      const report = await cancel({ ...known, grace: 10 });

      assert.deepEqual(report, ["BEGIN", "FOUND 0 0", "END held"]);
      assert.equal(existsSync(tree), true);
      kill(Number(holder?.pid), "SIGKILL");
      await eventually("it is gone", () => !isAlive(Number(holder?.pid)));
      writeFileSync(join(taskFolder(taskId), "reaped"), "");
      assert.equal((await cancel(known)).at(-1), "END gone");
      assert.equal(existsSync(tree), false);
    });

    it("ends what a task left behind, which only the note in its folder still names", async () => {
      const taskId = newTaskId();
      const [left] = await plantation.plant("echo $$; exec sleep 60");
      const [other] = await plantation.plant("echo $$; exec sleep 60");
      makeFolder(taskId, {
        gate: "",
        main: "999999999 1 none 999999998 reaper\n",
        left: ` ${left?.name} ${other?.pid}:1\n`,
        reaped: "",
      });

      const report = await cancel({ taskId });

      assert.deepEqual(report, [
        ...["BEGIN", "FOUND 1 0", "SIGNAL TERM 1", "SIGNAL CONT 1", "END gone"],
      ]);
      assert.deepEqual(
        [left, other].map((one) => isAlive(Number(one?.pid))),
        [false, true],
      );
      assert.equal(existsSync(taskFolder(taskId)), false);
    });

    it("ends what a task left behind below its reaper, though it shed every mark", async () => {
      const taskId = newTaskId();
      const command = `(env -i setsid sleep ${marker}.1 8>&- >/dev/null 2>&1 &); exit 0`;
      const task = startTask(shell, command, { taskId });
      const main = await mainOf(task);
      await finish(task);
      const note = readFileSync(join(taskFolder(taskId), "left"), "utf8");

      const report = await cancel({ taskId, ...main });

      assert.deepEqual(report.slice(1, 3), ["EXITED 0", "FOUND 1 0"]);
      assert.equal(report.at(-1), "END gone");
      assert.deepEqual(findProcesses(marker), []);
      assert.match(note, /^ \d+:\d+\n$/);
      await eventually("the folder is gone", () => !existsSync(taskFolder(taskId)));
    });
  });
}
