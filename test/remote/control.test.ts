import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { uniqueMarker } from "../support/processes";
import {
  isAlive,
  Plantation,
  shells,
  startScript,
  type Planted,
  type RemoteShell,
  type RunningScript,
} from "./remoteShell";
import { controlFunctions } from "./remoteTask";

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const state = mkdtempSync(join(tmpdir(), "state-"));
after(() => rmSync(state, { recursive: true, force: true }));

const started: RunningScript[] = [];
after(() => {
  for (const { child } of started) child.stdin?.destroy();
});

/** A shell that waits for requests; the state folder of its tasks is this file's own. */
function startControl(shell: RemoteShell, before = ""): RunningScript {
  const script = [before, controlFunctions, "st_control channel"].join("\n");
  const running = startScript(shell, script, { environment: { XDG_STATE_HOME: state } });
  started.push(running);
  return running;
}

interface Request {
  readonly verb?: "cancel" | "list";
  readonly nonce?: string;
  readonly taskId?: string;
  readonly leader?: Planted | undefined;
  readonly boot?: string;
  readonly grace?: number;
}

function ask(running: RunningScript, request: Request): void {
  const { verb = "cancel", nonce = "nonce", boot = bootId, grace = 3000 } = request;
  const { taskId = `build01:${uniqueMarker()}:1`, leader } = request;
  const line = `${verb} ${nonce} ${taskId} ${leader?.name ?? "-"} ${boot} - reaper ${grace}`;
  running.child.stdin?.write(`${line}\n`);
}

/** The answer to one request, without the nonce. */
async function answerTo(running: RunningScript, request: Request): Promise<string[]> {
  const { nonce = "nonce" } = request;
  ask(running, request);
  await running.prints(`${nonce} END`);
  await running.prints(`\n`);
  return linesOf(running, nonce);
}

function linesOf(running: RunningScript, nonce: string): string[] {
  const lines = running.stdout().split("\n");
  return lines
    .filter((line) => line.startsWith(`${nonce} `))
    .map((line) => line.slice(nonce.length + 1));
}

/** The folder of a task, as the script of its launch makes it. */
function makeFolder(taskId: string, files: Record<string, string> = {}): string {
  const path = join(state, "ssh-tasks", taskId);
  mkdirSync(path, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const stubborn = "trap '' TERM; echo $$; while :; do sleep 60; done";

for (const shell of shells) {
  describe(`control.sh under ${shell.name}`, { timeout: 120_000 }, () => {
    let plantation = new Plantation();
    afterEach(() => {
      plantation.end();
      plantation = new Plantation();
    });

    it("says that it is ready, and ends with its input", async () => {
      const running = startControl(shell);
      await running.prints("\nchannel READY\n");

      running.child.stdin?.end();

      assert.equal((await running.ended).stdout, "\nchannel READY\n");
    });

    it("answers a cancel, each line with the nonce before it", async () => {
      const [leader] = await plantation.plant("echo $$; exec sleep 60");

      const answer = await answerTo(startControl(shell), { leader });

      const words = ["BEGIN", "FOUND 1 1", "SIGNAL TERM 1", "SIGNAL CONT 1", "END gone"];
      assert.deepEqual(answer, words);
      assert.equal(isAlive(Number(leader?.pid)), false);
    });

    it("works whatever options and variables it is started with", async () => {
      const [leader] = await plantation.plant("echo $$; exec sleep 60");
      const before = "set -euf\nIFS=0\nPROC=/x MEMBERS=1:1 SUPERVISOR=1 GRACE=x\nunset PATH";

      const answer = await answerTo(startControl(shell, before), { leader });

      assert.deepEqual(answer.slice(0, 2), ["BEGIN", "FOUND 1 1"]);
      assert.equal(answer.at(-1), "END gone");
    });

    it("answers several requests side by side, and ends the grace of the one that is forced", async () => {
      const [first] = await plantation.plant(stubborn);
      const [second] = await plantation.plant(stubborn);
      const running = startControl(shell);
      ask(running, { nonce: "one", leader: first });
      ask(running, { nonce: "two", leader: second });
      await running.prints("one SIGNAL CONT");
      await running.prints("two SIGNAL CONT");

      running.child.stdin?.write("force two\n");

      await running.prints("two END gone");
      assert.match(String(linesOf(running, "one").at(-1)), /^SIGNAL CONT \d$/);
      assert.equal(isAlive(Number(first?.pid)), true);
      running.child.stdin?.write("force one\n");
      await running.prints("one END gone");
    });

    it("goes on to the end when nobody hears it any more", async () => {
      const [leader] = await plantation.plant(stubborn);
      const running = startControl(shell);
      ask(running, { leader, grace: 20 });
      await running.prints("SIGNAL TERM");

      running.child.stdout?.destroy();
      running.child.stdin?.destroy();

      await eventually("the process is killed", () => !isAlive(Number(leader?.pid)));
    });

    it("signals nobody after a reboot, and removes the folder", async () => {
      const [leader] = await plantation.plant("echo $$; exec sleep 60");
      const taskId = `build01:${uniqueMarker()}:1`;
      const path = makeFolder(taskId);
      const boot = "11111111-2222-3333-4444-555555555555";

      const answer = await answerTo(startControl(shell), { leader, boot, taskId });

      assert.deepEqual(answer, ["BEGIN", "END rebooted"]);
      assert.equal(isAlive(Number(leader?.pid)), true);
      assert.equal(existsSync(path), false);
    });

    it("signals nobody whose start time is another than the main process had", async () => {
      const [foreign] = await plantation.plant("echo $$; sleep 60 & sleep 60; exit");
      const leader = { pid: Number(foreign?.pid), name: `${foreign?.pid}:12345` };

      const answer = await answerTo(startControl(shell), { leader });

      assert.deepEqual(answer, ["BEGIN", "FOUND 0 0", "END gone"]);
      assert.equal(isAlive(leader.pid), true);
    });

    it("shuts the gate of a task that has not begun, and leaves it shut", async () => {
      const taskId = `build01:${uniqueMarker()}:1`;

      const answer = await answerTo(startControl(shell), { taskId });

      assert.deepEqual(answer, ["BEGIN", "END never"]);
      assert.equal(existsSync(join(state, "ssh-tasks", taskId, "gate")), true);
    });

    it("looks for the processes of a task whose gate was passed, though it has not said who it is", async () => {
      const taskId = `build01:${uniqueMarker()}:1`;
      makeFolder(taskId, { gate: "" });
      const [marked] = await plantation.plant("echo $$; exec sleep 60", { SSH_TASKS_ID: taskId });

      const answer = await answerTo(startControl(shell), { taskId });

      assert.equal(answer[1], "FOUND 1 0");
      assert.equal(answer.at(-1), "END gone");
      assert.equal(isAlive(Number(marked?.pid)), false);
    });

    it("tells the exit code of a task that had ended by itself", async () => {
      const taskId = `build01:${uniqueMarker()}:1`;
      const path = makeFolder(taskId, { gate: "", "exit.7": "" });

      const answer = await answerTo(startControl(shell), { taskId });

      assert.deepEqual(answer, ["BEGIN", "EXITED 7", "FOUND 0 0", "END gone"]);
      assert.equal(existsSync(path), false);
    });

    it("lists the processes of a task and touches none", async () => {
      const taskId = `build01:${uniqueMarker()}:1`;
      const script = "sleep 61 >/dev/null & echo $$ $!; wait; exit";
      const planted = await plantation.plant(script, { SSH_TASKS_ID: taskId });
      const [leader, child] = planted.map(({ pid }) => pid);

      const answer = await answerTo(startControl(shell), { verb: "list", taskId });

      const line = answer.find((one) => one.startsWith(`PROCESS ${child} `));
      assert.match(String(line), new RegExp(`^PROCESS ${child} ${leader} \\d+ \\w+ sleep 61`));
      assert.equal(answer.filter((one) => one.startsWith("PROCESS")).length, 2);
      assert.equal(answer.at(-1), "END listed");
      assert.ok(planted.every(({ pid }) => isAlive(pid)));
    });

    it("leaves no helper of its own behind", async () => {
      const running = startControl(shell);
      await answerTo(running, {});

      running.child.stdin?.end();

      // Its standard output closes only when everything that it started has ended.
      assert.match((await running.ended).stdout, /END never\n$/);
    });
  });
}
