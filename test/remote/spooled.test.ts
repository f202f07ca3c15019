import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { spooledFollowScript, spooledStartScript } from "../../src/ssh/remoteScripts";
import { eventually } from "../support/eventually";
import {
  findByEnvironment,
  findProcesses,
  kill,
  killAll,
  uniqueMarker,
} from "../support/processes";
import { endScripts, runScript, shells, startScript, taskFolder } from "./remoteShell";
import { bootId, newTaskId } from "./remoteTask";

const begin = /^\nnonce BEGIN ([^\n]*)\n/;
const nothing = { stdout: 0, stderr: 0 };

for (const shell of shells) {
  describe(`spooled.sh and supervisor.sh under ${shell.name}`, { timeout: 60_000 }, () => {
    const marker = uniqueMarker();
    const environment = { SHELL: "/bin/bash", SPOOL_TEST: marker };
    afterEach(async () => {
      endScripts();
      await killAll(marker);
    });
    // busybox's programs come first where the shell is busybox, but it is not all that commands use.
    const run = (command: string, taskId = newTaskId(), seconds = 0) => {
      const line = `PATH=$PATH:/usr/bin:/bin; ${command}`;
      const start = { taskId, command: line, seconds, merge: false };
      return startScript(shell, spooledStartScript("nonce", start), { environment });
    };
    const follow = (taskId: string, from = nothing) =>
      startScript(shell, spooledFollowScript("nonce", taskId, from), { environment });
    const sleeps = () => findProcesses(marker).length;

    it("frames what both streams say, and says how it ended, and where they ended", async () => {
      const { stdout, stderr, code } = await run("echo out; echo er >&2; exit 3").ended;

      assert.equal(stdout.replace(begin, ""), "out\n\nnonce END exited 3 none itself 4 3\n");
      assert.equal(stderr, "\nnonce BEGIN\ner\n\nnonce END exited 3 none itself 4 3\n");
      assert.equal(code, 0);
    });

    it("leaves nobody who waits for a deadline behind, however soon it ends", async () => {
      const runs = Array.from({ length: 40 }, () => run(":", newTaskId(), Number(marker)).ended);
      await Promise.all(runs);

      await eventually("nobody waits", () => sleeps() === 0);
    });

    it("starts with no signal ignored or blocked", async () => {
      const { stdout } = await run("grep -E 'Sig(Ign|Blk)' /proc/self/status").ended;

      assert.match(stdout.replace(begin, ""), /^SigBlk:\s0+\nSigIgn:\s0+\n/);
    });

    it("follows from an offset, and knows the end of a task that has ended", async () => {
      const taskId = newTaskId();
      await run("printf 0123456789; printf abc >&2", taskId).ended;

      const { stdout, stderr } = await follow(taskId, { stdout: 7, stderr: 3 }).ended;

      assert.equal(stdout.replace(begin, ""), "789\nnonce END exited 0 none itself 10 3\n");
      assert.equal(stderr, "\nnonce BEGIN\n\nnonce END exited 0 none itself 10 3\n");
    });

    it("starts nothing twice, whether it runs or has ended", async () => {
      const taskId = newTaskId();
      const first = run(`echo one; sleep ${marker}.1; exit 4`, taskId);
      await first.prints("one");
      const second = run("echo two", taskId);
      await second.prints("one");
      await killAll(marker);
      const third = await (await Promise.all([first.ended, second.ended]),
      run("echo three", taskId)).ended;

      for (const { stdout } of [await first.ended, await second.ended, third])
        assert.match(stdout.replace(begin, ""), /^one\n\nnonce END exited 4 none itself 4 \d+\n$/);
      assert.equal(existsSync(join(taskFolder(taskId), "run")), false);
    });

    it("is started by one of many who ask at once", async () => {
      const taskId = newTaskId();
      const asking = Array.from({ length: 6 }, () => run("echo $$; sleep 0.2", taskId));

      const said = await Promise.all(asking.map(({ ended }) => ended));

      assert.equal(new Set(said.map(({ stdout }) => stdout)).size, 1, JSON.stringify(said));
      assert.match(said[0]?.stdout ?? "", /\n\d+\n\nnonce END exited 0 /);
    });

    it("never runs where a cancel has shut the gate", async () => {
      const taskId = newTaskId();
      mkdirSync(taskFolder(taskId), { recursive: true, mode: 0o700 });
      await runScript(shell, `mkfifo '${taskFolder(taskId)}/tree'`);
      writeFileSync(join(taskFolder(taskId), "gate"), "");

      const { stdout } = await run(`echo ran`, taskId).ended;

      assert.equal(stdout, "\nnonce BEGIN \n\nnonce END never 143 none itself 0 0\n");
    });

    it("says that nothing is known of a task without a folder", async () => {
      const { stdout, stderr } = await follow(newTaskId()).ended;

      assert.deepEqual([stdout, stderr], Array(2).fill("\nnonce END missing\n"));
    });

    for (const [what, boot, kind] of [
      ["is lost when nobody has seen its end", bootId, "lost"],
      ["is gone when its host was started anew", "another-boot", "rebooted"],
    ]) {
      it(`${what}`, async () => {
        const taskId = newTaskId();
        await run("echo before", taskId).ended;
        const main = join(taskFolder(taskId), "main");
        writeFileSync(main, readFileSync(main, "utf8").replace(bootId, boot ?? ""));
        await runScript(shell, `cd '${taskFolder(taskId)}' && mv exit.0 run`);

        const { stdout } = await follow(taskId).ended;

        const end = `before\n\nnonce END ${kind} - none itself 7 0\n`;
        assert.equal(stdout.replace(begin, ""), end);
      });
    }

    it("takes the next place where the first takes no data", async () => {
      const taskId = newTaskId();
      const fails = `echo() { [ "$1" = ${taskId} ] && [ "\${FOLDER#/var/tmp}" = "$FOLDER" ] || printf '%s\\n' "$*"; }`;
      const script = spooledStartScript("nonce", {
        ...{ taskId, command: "echo $0", seconds: 0, merge: false },
      });

      const { stdout } = await startScript(shell, `${fails}\n${script}`, { environment }).ended;

      assert.match(stdout, /nonce END exited 0 /);
      assert.equal(existsSync(taskFolder(taskId)), false);
      const folder = `/var/tmp/ssh-tasks-${process.getuid?.()}/${taskId}`;
      assert.equal(existsSync(folder), true);
      await runScript(shell, `rm -rf '${folder}'`);
    });

    it("ends at the end of its input with all it has started, and the task runs on", async () => {
      const taskId = newTaskId();
      const running = run(`echo on; sleep ${marker}.2; exit`, taskId);
      await running.prints("on");

      running.child.stdin?.end();

      await running.ended;
      const [, leader = "", supervisor = ""] =
        /^(\d+) .* (\d+) -\n/.exec(readFileSync(join(taskFolder(taskId), "main"), "utf8")) ?? [];
      await eventually("the task alone is left", () =>
        findByEnvironment(`SPOOL_TEST=${marker}`).every(
          ({ pid, session }) => pid === Number(supervisor) || session === Number(leader),
        ),
      );
      assert.equal(sleeps(), 1);
      assert.deepEqual(
        readdirSync(taskFolder(taskId)).filter((name) => name.startsWith("seen")),
        [],
      );
    });

    it("has ended with its main process, however much faster than anybody reads is printed behind it", async () => {
      const taskId = newTaskId();
      const flood = `while :; do head -c 200000 /dev/zero; sleep 0.02; done`;
      const command = `sh -c '${flood}' & sleep 0.5; exit 6`;
      const script = spooledStartScript("nonce", { taskId, command, seconds: 0, merge: false });
      // Who reads 2 MB in a second.
      const slowly = `while (sysread STDIN, $_, 65536) { syswrite STDOUT, $_; select "", "", "", 0.03 }`;
      const piped = `(\n${script}\n) | /usr/bin/perl -e '${slowly}'`;

      const { stdout } = await startScript(shell, piped, { environment }).ended;

      const size = /nonce END exited 6 left itself (\d+) 0\n$/.exec(stdout)?.[1];
      assert.equal(stdout.replace(begin, "").indexOf("\nnonce END"), Number(size));
      const { size: later } = statSync(join(taskFolder(taskId), "out"));
      assert.ok(later > Number(size), "it goes on");
      for (const { pid } of findByEnvironment(`SPOOL_TEST=${marker}`)) kill(pid, "SIGKILL");
    });

    it("ends what waits for its deadline with the task", async () => {
      await run("true", newTaskId(), Number(marker)).ended;

      await eventually("nobody waits", () => sleeps() === 0);
    });

    it("says that its deadline has ended it", async () => {
      const { stdout } = await run(`sleep ${marker}.3; exit`, newTaskId(), 1).ended;

      // Where sleep ends before bash does, bash says "Terminated".
      assert.match(stdout, /\nnonce END exited 143 (none|left) timeout 0 (0|11)\n$/);
      assert.equal(sleeps(), 0);
    });
  });
}
