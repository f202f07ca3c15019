import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { afterEach, describe, it } from "node:test";
import ladder from "../../src/remote/ladder.sh";
import folder from "../../src/remote/folder.sh";
import members from "../../src/remote/members.sh";
import report from "../../src/remote/report.sh";
import { eventually } from "../support/eventually";
import { listProcesses, uniqueMarker } from "../support/processes";
import { isRoot } from "../support/sshHarness";
import { ensureTestUser, type UserAccount } from "../support/testUser";
import {
  isAlive,
  Plantation,
  runScript,
  shells,
  type Planted,
  type RemoteShell,
} from "./remoteShell";

interface ClimbOptions {
  readonly taskId?: string;
  readonly leader?: Planted | undefined;
  /** Hundredths of a second. */
  readonly grace?: number;
  readonly proc?: string;
  readonly user?: UserAccount;
  /** Shell text that replaces functions of the ladder. */
  readonly instead?: string;
}

/** Climbs in the shell. The last line is `VERDICT` and a word. */
async function climb(shell: RemoteShell, options: ClimbOptions): Promise<string[]> {
  const { taskId = `none:${uniqueMarker()}`, leader, grace = 500, proc = "/proc" } = options;
  const given = `TASK_ID='${taskId}' LEADER='${leader?.name ?? ""}' GRACE=${grace} PROC=${proc} SUPERVISOR= FOLDER= REAPER=reaper`;
  const script = [
    folder,
    members,
    ladder,
    report,
    options.instead ?? "",
    "st_report() { echo $*; }",
    given,
  ];
  const climbing = [...script, "st_climb", "st_report_rest", "echo VERDICT $VERDICT"].join("\n");
  const printed = await runScript(shell, climbing, options.user ? { user: options.user } : {});
  return printed.trim().split("\n");
}

for (const shell of shells) {
  describe(`ladder.sh under ${shell.name}`, { timeout: 120_000 }, () => {
    let plantation = new Plantation();
    afterEach(() => {
      plantation.end();
      plantation = new Plantation();
    });

    it("asks an obedient process and its child to end, and kills nobody", async () => {
      const [leader, child] = await plantation.plant("sleep 60 >/dev/null & echo $$ $!; wait");

      const report = await climb(shell, { leader });

      assert.deepEqual(report, ["FOUND 2 1", "SIGNAL TERM 2", "SIGNAL CONT 2", "VERDICT gone"]);
      assert.deepEqual(
        [leader, child].map((one) => isAlive(Number(one?.pid))),
        [false, false],
      );
    });

    it("kills after the grace what ignores TERM, and freezes it first", async () => {
      const [leader] = await plantation.plant("trap '' TERM; echo $$; while :; do sleep 60; done");
      const began = Date.now();

      const report = await climb(shell, { leader, grace: 50 });

      assert.ok(Date.now() - began >= 490, `KILL after ${Date.now() - began} ms`);
      const signals = report
        .filter((line) => line.startsWith("SIGNAL"))
        .map((line) => line.split(" ")[1]);
      assert.deepEqual(signals.slice(0, 3), ["TERM", "CONT", "STOP"]);
      assert.equal(signals.at(-1), "KILL");
      assert.equal(report.at(-1), "VERDICT gone");
      assert.equal(isAlive(Number(leader?.pid)), false);
    });

    it("ends hundreds of processes that ignore TERM", async () => {
      const tree =
        "trap '' TERM; for i in $(seq 600); do sleep 60 >/dev/null & done; echo $$; wait";
      const [leader] = await plantation.plant(tree);
      const began = () => listProcesses().filter(({ session }) => session === Number(leader?.pid));
      await eventually("all of them run", () => began().length > 600);

      const report = await climb(shell, { leader, grace: 200 });

      assert.equal(report[0], "FOUND 601 1");
      assert.equal(report.at(-1), "VERDICT gone");
      assert.deepEqual(began(), []);
    });

    it("says that it can't look, and not that nothing is left, where a look fails", async () => {
      const [leader] = await plantation.plant("sleep 60 >/dev/null & echo $$; wait");

      for (const broken of ["awk", "cat", "grep"]) {
        const instead = `${broken}() { return 127; }`;
        assert.deepEqual(await climb(shell, { leader, instead }), ["VERDICT unscannable"], broken);
      }
      assert.equal(isAlive(Number(leader?.pid)), true);
    });

    it("goes on with what it saw before when a later look fails", async () => {
      const [leader] = await plantation.plant("trap '' TERM; echo $$; while :; do sleep 60; done");
      const instead = `looks=0; st_members() { case $looks in 0) looks=1 MEMBERS=" $LEADER" PIDS=\${LEADER%%:*} LOOKED=yes ;;
          *) LOOKED=no; return 1 ;; esac; }`;

      const report = await climb(shell, { leader, grace: 10, instead });

      assert.equal(report.at(-1), "VERDICT unscannable");
      assert.equal(isAlive(Number(leader?.pid)), false);
    });

    it("ends a stopped process", async () => {
      const [leader] = await plantation.plant("echo $$; kill -STOP $$; sleep 60; exit");

      assert.equal((await climb(shell, { leader })).at(-1), "VERDICT gone");
      assert.equal(isAlive(Number(leader?.pid)), false);
    });

    it("catches up with what forks new sessions all the time", async () => {
      const taskId = `build01:${uniqueMarker()}`;
      const script =
        "trap '' TERM; echo $$; while :; do setsid sleep 60 >/dev/null & sleep 0.02; done";
      const [leader] = await plantation.plant(script, { SSH_TASKS_ID: taskId });

      const report = await climb(shell, { taskId, leader, grace: 10 });

      assert.equal(report.at(-1), "VERDICT gone");
      assert.deepEqual(await climb(shell, { taskId }), ["FOUND 0 0", "VERDICT gone"]);
    });

    it("finds nothing and signals nobody where there is nothing", async () => {
      assert.deepEqual(await climb(shell, {}), ["FOUND 0 0", "VERDICT gone"]);
    });

    it("takes one empty scan for no proof", async () => {
      const [leader] = await plantation.plant("echo $$; exec sleep 60");
      // The first scan misses what is there, as one that isn't atomic may.
      const instead = `SCANS=0
        st_all() { ${members.slice(members.indexOf("{") + 1, members.indexOf("\n}\n"))}\n}
        st_members() { SCANS=$((SCANS + 1)); if [ $SCANS = 1 ]; then PIDS= MEMBERS= LOOKED=yes; return 1; fi; st_all; }`;

      const report = await climb(shell, { leader, instead });

      assert.deepEqual(report, ["FOUND 1 1", "SIGNAL TERM 1", "SIGNAL CONT 1", "VERDICT gone"]);
      assert.equal(isAlive(Number(leader?.pid)), false);
    });

    // BusyBox's ps has no start times.
    if (shell.name !== "busybox ash")
      it("does with ps where there is no /proc", async () => {
        const [planted] = await plantation.plant("sleep 60 >/dev/null & echo $$; wait");
        const pid = Number(planted?.pid);
        const start = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
          env: { ...process.env, LC_ALL: "C" },
        });
        const name = `${pid}:${start.toString().trim().replace(/ +/g, "_")}`;

        const report = await climb(shell, { leader: { pid, name }, proc: "/nonexistent" });

        assert.deepEqual(report, ["FOUND 2 1", "SIGNAL TERM 2", "SIGNAL CONT 2", "VERDICT gone"]);
        assert.equal(isAlive(pid), false);
      });

    it("says so where processes can't be seen, neither in /proc nor by ps", async () => {
      const [leader] = await plantation.plant("echo $$; exec sleep 60");
      const instead = "ps() { return 1; }";

      const report = await climb(shell, { leader, proc: "/nonexistent", instead });

      assert.deepEqual(report, ["VERDICT unscannable"]);
      assert.equal(isAlive(Number(leader?.pid)), true);
    });

    it(
      "names in time what it may not end, and does not claim to have signalled it",
      { skip: !isRoot && "needs root" },
      async () => {
        const user = await ensureTestUser();
        // A child that is still root's, of a main process that has become the user's.
        const [leader, child] = await plantation.plant(
          `exec perl -e '
          $| = 1; my $child = fork; exec "sleep", "60" unless $child;
          print "$$ $child\\n"; $) = $( = ${user.gid}; $> = $< = ${user.uid}; exec "sleep", "61"'`,
        );

        const began = Date.now();
        const slowly = "st_sleep() { sleep 0.5; }";
        const report = await climb(shell, { leader, grace: 10, user, instead: slowly });

        assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`);
        assert.deepEqual(report, [
          "FOUND 2 1",
          "SIGNAL TERM 1",
          "SIGNAL CONT 1",
          `LEFT ${child?.pid} root sleep 60`,
          "VERDICT left",
        ]);
        assert.deepEqual(
          [leader, child].map((one) => isAlive(Number(one?.pid))),
          [false, true],
        );
      },
    );
  });
}

describe("the words that are documented", () => {
  const expected = {
    "ladder.sh": [ladder, ["FOUND", "SIGNAL"], ["gone", "held", "left", "unscannable"]],
    "report.sh": [report, ["FOREIGN", "LEFT", "ORPHAN"], ["orphans"]],
  } as const;
  for (const [file, [text, words, verdicts]] of Object.entries(expected)) {
    it(`in ${file} are those it reports and those of its verdict`, () => {
      const found = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, word]) => word).sort();
      const header = text.slice(0, text.indexOf("() {"));

      assert.deepEqual(found(/^ .*?st_report ([A-Z]+)/gm), words);
      assert.deepEqual(found(/VERDICT=([a-z]+)/g), verdicts);
      for (const word of [...words, ...verdicts])
        assert.match(header, new RegExp(`^#.*\\b${word}\\b`, "m"));
    });
  }
});
