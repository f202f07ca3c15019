import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, describe, it } from "node:test";
import leader from "../../src/remote/leader.sh";
import runner from "../../src/remote/runner.sh";
import { reaperScript as reaper } from "../../src/ssh/remoteScripts";
import { requireProgram, run } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import { findProcesses, kill, killAll, uniqueMarker } from "../support/processes";
import { isAlive, sessionOf } from "./remoteShell";

interface Options {
  readonly folder?: string;
  /** Started by a shell that does not wait for it before it goes on. */
  readonly background?: boolean;
  readonly script?: string;
}

/** One stream of it: what came, and whether its end has. */
class Heard {
  text = "";
  ended = false;
  constructor(stream: Readable) {
    stream.on("data", (bytes: Buffer) => (this.text += bytes.toString()));
    stream.on("end", () => (this.ended = true));
  }
}

/** Runs a command below the reaper, as attached.sh does. */
function startReaper(command: string, { folder = "", background, script = reaper }: Options = {}) {
  const start = background ? '"$@" & wait' : 'exec "$@"';
  const words = [requireProgram("perl"), "-e", script, leader, runner, command, folder];
  const child: ChildProcess = spawn(
    "/bin/sh",
    ["-c", `exec 6>&2 2>/dev/null 3<&- 4<&-; ${start}`, "sh", ...words, "build01:1:1", "nonce"],
    {
      env: { PATH: process.env.PATH, TMPDIR: tmpdir(), SHELL: "/bin/sh" },
      stdio: ["ignore", "pipe", "pipe", "ignore", "ignore", "pipe"],
    },
  );
  const [stdout, stderr, result] = [1, 2, 5].map((n) => new Heard(child.stdio[n] as Readable));
  if (!stdout || !stderr || !result) throw new Error("it has no streams");
  const ended = once(child, "exit");
  /** The words of its line BEGIN: pid, start, boot, parent, what it is below. */
  const main = (): Promise<string[]> =>
    eventually("it says who it is", () => /BEGIN (.*)\n/.exec(stdout.text)?.[1]?.split(" "));
  return { child, pid: Number(child.pid), stdout, stderr, result, ended, main };
}

describe("reaper.pl", { timeout: 60_000 }, () => {
  let dir: string;
  let folder: string;
  let marker: string;
  beforeEach(async () => {
    marker = uniqueMarker();
    dir = mkdtempSync(join(tmpdir(), "reaper-"));
    folder = join(dir, "task");
    mkdirSync(folder);
    await run("mkfifo", [join(folder, "tree")]);
  });
  afterEach(async () => {
    await killAll(marker);
    rmSync(dir, { recursive: true, force: true });
  });
  /** Sheds every mark of its task, and its parent. */
  const orphan = (n: number): string =>
    `(env -i setsid sleep ${marker}.${n} 8>&- >/dev/null 2>&1 &)`;
  const sleeper = (n: number) =>
    findProcesses(marker).find(({ argv }) => argv[1] === `${marker}.${n}`);
  const note = (name: string): boolean => existsSync(join(folder, name));

  for (const [command, code] of [
    ["exit 0", 0],
    ["exit 3", 3],
    ["kill -KILL $$", 137],
    ["kill -TERM $$", 143],
  ] as const) {
    it(`says ${code} after ${command}, and that nothing is left`, async () => {
      const { result, ended } = startReaper(command, { folder });

      await ended;

      await eventually("it has said so", () => result.ended);
      assert.equal(result.text, `${code}\n`);
      assert.deepEqual([note("reaped"), note("main")], [true, true]);
    });
  }

  it("says that something is left, and stays until the last of it has ended", async () => {
    const { result, ended, pid } = startReaper(`${orphan(1)}; ${orphan(2)}; exit 4`, { folder });
    await eventually("it has said so", () => result.ended);
    assert.equal(result.text, "4 left\n");
    await eventually("both run", () => sleeper(1) && sleeper(2));

    kill(Number(sleeper(1)?.pid), "SIGKILL");
    await eventually("one is gone", () => !sleeper(1));
    assert.deepEqual([isAlive(pid), sleeper(2)?.parent, note("reaped")], [true, pid, false]);
    kill(Number(sleeper(2)?.pid), "SIGKILL");

    await ended;
    assert.deepEqual([note("reaped"), existsSync(folder)], [true, true]);
  });

  it("removes the folder with the last of it where the end was heard", async () => {
    const { result, ended } = startReaper(`${orphan(1)}; exit 0`, { folder });
    await eventually("it has said so", () => result.ended);
    await eventually("it runs", () => sleeper(1));
    writeFileSync(join(folder, "heard"), "");

    await killAll(marker);

    await ended;
    assert.deepEqual([existsSync(folder), existsSync(`${folder}.nonce`)], [false, false]);
  });

  it("keeps nothing of the channel open while something is left, nor a folder as its own", async () => {
    const { stdout, stderr, result, pid } = startReaper(`${orphan(1)}; exit 0`, { folder });

    for (const stream of [stdout, stderr, result])
      await eventually("the stream has ended", () => stream.ended);

    await eventually("it is left", () => sleeper(1));
    assert.equal(isAlive(pid), true);
    assert.equal((await run("readlink", [`/proc/${pid}/cwd`])).trim(), "/");
  });

  it("gets the orphans of the task, of which the command is one session", async () => {
    const { pid, main } = startReaper(`${orphan(1)}; sleep ${marker}.2; exit`, { folder });
    const [command, , , parent, below] = await main();

    await eventually("it has it", () => sleeper(1)?.parent === pid);

    assert.deepEqual([parent, below], [String(pid), "reaper"]);
    assert.equal(sessionOf(Number(command)), Number(command));
  });

  for (const background of [false, true]) {
    const who = background ? "a shell in the background" : "us";
    it(`has the command ignore no signal when it is started by ${who}`, async () => {
      const { stdout, ended } = startReaper("grep SigIgn /proc/$$/status; exit", {
        background,
      });

      await ended;

      await eventually("all has come", () => stdout.ended);
      assert.match(stdout.text, /SigIgn:\t0+\n$/);
    });
  }

  it("does not end by the signals of a closing session", async () => {
    const { pid, result, ended } = startReaper(`sleep ${marker}.1; exit 5`, { folder });
    await eventually("it runs", () => sleeper(1));

    for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGPIPE"] as const)
      kill(pid, signal);
    await killAll(marker);

    await ended;
    await eventually("it has said so", () => result.ended);
    assert.equal(result.text, "5\n");
  });

  it("shows in ps whose it is, and not the command", async () => {
    const { pid } = startReaper(`sleep ${marker}.1; exit`, { folder });
    await eventually("it runs", () => sleeper(1));

    const line = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();

    assert.equal(line, "ssh-tasks build01:1:1");
  });

  it("gives the command nothing of its own but the FIFO, the mark and the streams", async () => {
    // Asked for one by one: who lists them, or makes a pipe, has one more open.
    const list = "for fd in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done";
    const { stdout, ended } = startReaper(`${list}; env | grep SSH_TASKS; exit`, { folder });

    await ended;

    await eventually("all has come", () => stdout.ended);
    const lines = stdout.text.trim().split("\n").slice(1);
    assert.deepEqual(lines, ["0", "1", "2", "8", "SSH_TASKS_ID=build01:1:1"]);
  });

  for (const [what, script] of [
    ["the machine is not known", reaper.replaceAll("/proc/self/exe", "/nonexistent")],
    ["the kernel refuses", reaper.replace("$prctl, 36,", "$prctl, 9999,")],
  ] as const) {
    it(`leaves it to runner.sh where ${what}`, async () => {
      const { result, ended, main } = startReaper(`exit 6`, { folder, script });

      await ended;

      await eventually("it has said so", () => result.ended);
      assert.equal(result.text, "6 ?\n");
      assert.equal((await main()).at(-1), "-");
      assert.equal(note("reaped"), false);
    });
  }

  it("does without a folder", async () => {
    const { result, ended } = startReaper("exit 7");

    await ended;

    await eventually("it has said so", () => result.ended);
    assert.equal(result.text, "7\n");
  });
});
