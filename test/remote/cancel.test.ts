import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, describe, it } from "node:test";
import cancel from "../../src/remote/cancel.sh";
import ladder from "../../src/remote/ladder.sh";
import members from "../../src/remote/members.sh";
import { eventually } from "../support/eventually";
import { uniqueMarker } from "../support/processes";
import { isAlive, Plantation, shells, startScript, type Planted } from "./remoteShell";

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** The script as it is sent, for a task with this main process. */
function cancelOf(
  leader: Planted | undefined,
  { boot = bootId, grace = 3000, before = "" } = {},
): string {
  const call = `st_cancel nonce 'build01:${uniqueMarker()}:1' '${leader?.name ?? ""}' '${boot}' ${grace}`;
  return [before, members, ladder, cancel, call].join("\n");
}

const stubborn = "trap '' TERM; echo $$; while :; do sleep 60; done";

for (const shell of shells) {
  describe(`cancel.sh under ${shell.name}`, { timeout: 120_000 }, () => {
    let plantation = new Plantation();
    afterEach(() => {
      plantation.end();
      plantation = new Plantation();
    });

    it("frames its report, each line with the nonce before it", async () => {
      const [leader] = await plantation.plant("echo $$; exec sleep 60");

      const { code, stdout, stderr } = await startScript(shell, cancelOf(leader)).ended;

      const words = ["BEGIN", "FOUND 1 1", "SIGNAL TERM 1", "SIGNAL CONT 1", "END gone"];
      assert.equal(stdout, words.map((line) => `nonce ${line}\n`).join(""));
      assert.deepEqual([code, stderr], [0, ""]);
      assert.equal(isAlive(Number(leader?.pid)), false);
    });

    it("works whatever options and variables it is started with", async () => {
      const [leader] = await plantation.plant("echo $$; exec sleep 60");
      const before = "set -euf\nIFS=0\nPROC=/x MEMBERS=1:1 SUPERVISOR=1 GRACE=x\nunset PATH";

      const { stdout } = await startScript(shell, cancelOf(leader, { before })).ended;

      assert.match(stdout, /^nonce BEGIN\nnonce FOUND 1 1\n(nonce SIGNAL .*\n)+nonce END gone\n$/);
    });

    it("ends the grace on a line from its standard input", async () => {
      const [leader] = await plantation.plant(stubborn);
      const running = startScript(shell, cancelOf(leader));
      await running.prints("SIGNAL CONT");
      const forced = Date.now();

      running.child.stdin?.write("force\n");

      const { stdout } = await running.ended;
      assert.ok(Date.now() - forced < 10_000, "of 30 s");
      assert.match(stdout, /SIGNAL KILL \d+\nnonce END gone\n$/);
    });

    it("goes on in its grace when its standard input ends", async () => {
      const [leader] = await plantation.plant(stubborn);
      const running = startScript(shell, cancelOf(leader, { grace: 60 }));
      await running.prints("SIGNAL CONT");
      const began = Date.now();

      running.child.stdin?.end();

      const { stdout } = await running.ended;
      assert.ok(Date.now() - began >= 400, "the rest of 0.6 s");
      assert.match(stdout, /END gone\n$/);
    });

    it("goes on to the end when nobody hears it any more", async () => {
      const [leader] = await plantation.plant(stubborn);
      const running = startScript(shell, cancelOf(leader, { grace: 20 }));
      await running.prints("SIGNAL TERM");

      running.child.stdout?.destroy();
      running.child.stdin?.destroy();

      await eventually("the process is killed", () => !isAlive(Number(leader?.pid)));
    });

    it("signals nobody after a reboot", async () => {
      const [leader] = await plantation.plant("echo $$; exec sleep 60");
      const boot = "11111111-2222-3333-4444-555555555555";

      const { stdout } = await startScript(shell, cancelOf(leader, { boot })).ended;

      assert.equal(stdout, "nonce BEGIN\nnonce END rebooted\n");
      assert.equal(isAlive(Number(leader?.pid)), true);
    });

    it("signals nobody whose start time is another than the main process had", async () => {
      const [foreign] = await plantation.plant("echo $$; sleep 60 & sleep 60; exit");
      const leader = { pid: Number(foreign?.pid), name: `${foreign?.pid}:12345` };

      const { stdout } = await startScript(shell, cancelOf(leader)).ended;

      assert.equal(stdout, "nonce BEGIN\nnonce FOUND 0 0\nnonce END gone\n");
      assert.equal(isAlive(leader.pid), true);
    });

    it("leaves no helper of its own behind", async () => {
      const running = startScript(shell, cancelOf(undefined));

      // Its standard output closes only when everything that it started has ended.
      const { stdout } = await running.ended;

      assert.match(stdout, /END gone\n$/);
    });
  });
}
