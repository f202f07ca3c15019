import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, it } from "node:test";
import attached from "../../src/remote/attached.sh";
import ladder from "../../src/remote/ladder.sh";
import folder from "../../src/remote/folder.sh";
import leader from "../../src/remote/leader.sh";
import members from "../../src/remote/members.sh";
import runner from "../../src/remote/runner.sh";
import { reaperScript as reaper } from "../../src/ssh/remoteScripts";
import { requireProgram } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "../support/processes";
import {
  processState,
  quote,
  shells,
  startScript,
  type RemoteShell,
  type RunningScript,
} from "./remoteShell";

interface Parts {
  readonly attached: string;
  readonly runner: string;
}

/** The script as it is sent, with the command in it; whoever sent it says that the end was heard. */
function run(shell: RemoteShell, command: string, parts: Partial<Parts> = {}): RunningScript {
  // busybox's programs come first where the shell is busybox, but it is not all that commands use.
  const line = `PATH=$PATH:/usr/bin:/bin; ${command}`;
  const words = [leader, parts.runner ?? runner, reaper, line].map(quote).join(" ");
  const call = `st_attached nonce build01:${uniqueMarker()}:1 ${words}`;
  const environment = { SHELL: "/bin/bash" };
  const script = [folder, members, ladder, parts.attached ?? attached, call].join("\n");
  const running = startScript(shell, script, { environment });
  running.child.stdout?.on("data", () => {
    if (running.stdout().includes("nonce END")) running.child.stdin?.write("done\n");
  });
  return running;
}

const framed = (body: string, code: number): RegExp =>
  new RegExp(
    `^\\nnonce BEGIN \\d+ \\d+ [0-9a-f-]+ \\d+ (?:reaper|-)\\n${body}\\nnonce END ${code} 0\\n$`,
  );

for (const shell of shells) {
  describe(`attached.sh under ${shell.name}`, { timeout: 120_000 }, () => {
    const marker = uniqueMarker();
    afterEach(() => killAll(marker));

    it("frames both streams, and gives the exit code on both", async () => {
      const { stdout, stderr } = await run(shell, "echo out; echo err >&2; exit 3").ended;

      assert.match(stdout, framed("out\\n", 3));
      assert.equal(stderr, "\nnonce BEGIN\nerr\n\nnonce END 3 0\n");
    });

    it("gives a death by a signal as shells do", async () => {
      const { stdout } = await run(shell, "kill -9 $$").ended;

      assert.match(stdout, framed("", 137));
    });

    it("has said its end before the end of what the command left behind", async () => {
      const running = run(shell, `sleep ${marker}.1 & echo hi`);

      await running.prints("nonce END 0 1");

      await eventually("it is left", () => findProcesses(marker).length === 1);
    });

    it("does not heed lines on its standard input", async () => {
      const running = run(shell, `sleep ${marker}.1; echo woken`);
      await eventually("it sleeps", () => findProcesses(marker).length === 1);

      running.child.stdin?.write("force\nforce\n");
      await eventually("they are read", () => running.child.stdin?.writableLength === 0);
      await killAll(marker);

      assert.match((await running.ended).stdout, framed("woken\\n", 0));
    });

    for (const ignoreTerm of [false, true]) {
      const kind = ignoreTerm ? "a tree that ignores TERM" : "a tree of processes";
      it(`ends ${kind} when its standard input ends`, async () => {
        const running = run(shell, processTreeCommand(marker, { ignoreTerm }));
        await eventually("it runs", () => findProcesses(marker).length === processTreeSize);

        running.child.stdin?.end();

        await eventually("it is ended", () => findProcesses(marker).length === 0, 15_000);
      });
    }

    it("ends the task as well when nobody reads its output any more", async () => {
      const running = run(shell, `sleep ${marker}.1; exit`);
      await eventually("it runs", () => findProcesses(marker).length === 1);

      running.child.stdout?.destroy();
      running.child.stderr?.destroy();
      running.child.stdin?.destroy();

      await eventually("it is ended", () => findProcesses(marker).length === 0, 15_000);
    });

    it("does not die of the signals that a closing session may send it", async () => {
      const running = run(shell, `sleep ${marker}.1; exit`);
      await eventually("it runs", () => findProcesses(marker).length === 1);
      for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"] as const)
        running.child.kill(signal);

      running.child.stdin?.end();

      await eventually("the task is ended", () => findProcesses(marker).length === 0, 15_000);
    });

    for (const way of ["setsid", "perl", undefined]) {
      it(`launches ${way ? `by ${way}` : "without a session of its own where there is no way to one"}`, async () => {
        const bin = mkdtempSync(join(tmpdir(), "bin-"));
        after(() => rmSync(bin, { recursive: true, force: true }));
        if (way) symlinkSync(requireProgram(way), join(bin, way));
        const within = (text: string): string =>
          text.replace(
            /\/usr\/bin \/bin \/usr\/local\/bin|\/usr\/local\/bin \/bin \/usr\/bin/,
            bin,
          );
        const parts = { attached: within(attached), runner: within(runner) };
        const command = `sleep ${marker}.1 >/dev/null 2>&1 & cut -d ' ' -f 6 /proc/$$/stat; echo $$; sleep ${marker}.2; exit`;

        const running = run(shell, command, parts);

        await eventually("it runs", () => findProcesses(marker).length === 2);
        await eventually("it says who it is", () => running.stdout().split("\n").length === 5);
        const [session, pid] = running.stdout().split("\n").slice(2);
        if (way) assert.equal(session, pid);
        else assert.notEqual(session, pid);
        running.child.stdin?.end();
        await eventually("it is ended", () => findProcesses(marker).length === 0, 15_000);
      });
    }

    it("is gone once its output is closed", async () => {
      const running = run(shell, "true");

      await running.ended;

      assert.equal(processState(Number(running.child.pid)), "");
    });
  });
}
