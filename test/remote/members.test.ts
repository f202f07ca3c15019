import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, it } from "node:test";
import members from "../../src/remote/members.sh";
import { eventually } from "../support/eventually";
import { uniqueMarker } from "../support/processes";
import {
  Plantation,
  processState,
  programOf,
  runScript,
  sessionOf,
  shells,
  type RemoteShell,
} from "./remoteShell";

interface Question {
  readonly taskId?: string;
  readonly leader?: string;
  readonly supervisor?: string;
  readonly known?: string;
  readonly folder?: string;
}

/** The members that the shell's scan finds, in the order of their pids, each as `pid:start`. */
async function scan(shell: RemoteShell, question: Question): Promise<string[]> {
  const { taskId = `none:${uniqueMarker()}`, leader = "", supervisor = "", known = "" } = question;
  const { folder = "" } = question;
  const given = `TASK_ID='${taskId}' LEADER='${leader}' SUPERVISOR='${supervisor}' MEMBERS='${known}' FOLDER='${folder}' PROC=/proc`;
  const printed = await runScript(shell, `${members}\n${given}\nst_members\necho $? $MEMBERS`);
  const [status, ...found] = printed.trim().split(" ");
  assert.equal(status, found.length > 0 ? "0" : "1", printed);
  return found.sort();
}

const names = (planted: readonly { name: string }[]): string[] =>
  planted.map(({ name }) => name).sort();

for (const shell of shells) {
  describe(`members.sh under ${shell.name}`, { timeout: 120_000 }, () => {
    let plantation = new Plantation();
    afterEach(() => {
      plantation.end();
      plantation = new Plantation();
    });

    it("finds nothing of a task that is not there", async () => {
      assert.deepEqual(await scan(shell, { leader: "999999999:1", known: "999999998:2" }), []);
    });

    it("finds a process by the marker in its environment alone", async () => {
      const taskId = `build01:${uniqueMarker()}`;
      const marked = await plantation.plant("echo $$; exec sleep 60", { SSH_TASKS_ID: taskId });

      assert.deepEqual(await scan(shell, { taskId }), names(marked));
      assert.deepEqual(await scan(shell, { taskId: `${taskId}0` }), []);
      assert.deepEqual(await scan(shell, { taskId: taskId.slice(0, -1) }), []);
    });

    it("finds a process by the FIFO that it has open as descriptor 8 alone", async () => {
      const folder = mkdtempSync(join(tmpdir(), "task-"));
      after(() => rmSync(folder, { recursive: true, force: true }));
      execFileSync("mkfifo", [join(folder, "tree")]);
      const [holder] = await plantation.plant(
        `exec 8<>'${folder}/tree'; env -i setsid sleep 60 >/dev/null & echo $!; exec 8>&-; wait`,
      );
      await eventually("it runs", () => holder && programOf(holder.pid) === "sleep");

      assert.deepEqual(await scan(shell, { folder }), [holder?.name]);
      assert.deepEqual(await scan(shell, { folder: `${folder}0` }), []);
      assert.deepEqual(await scan(shell, {}), []);
    });

    it("finds an orphan in the session of the main process alone", async () => {
      const [leader, orphan] = await plantation.plant(
        "o=$(sleep 60 >/dev/null & echo $!); echo $$ $o; sleep 60; exit",
      );

      const found = await scan(shell, { leader: leader?.name ?? "" });

      assert.ok(orphan && found.includes(orphan.name));
      assert.equal(found.length, 3, "the shell, its sleep and the orphan");
    });

    it("finds by descent alone what cleared its environment and left the session", async () => {
      // The main process itself has no session of its own here.
      const [leader, child] = await plantation.plant(
        "sh -c 'env -i setsid sleep 60 >/dev/null & echo $$ $!; wait' & wait",
      );

      assert.deepEqual(
        await scan(shell, { leader: leader?.name ?? "" }),
        [child?.name, leader?.name].sort(),
      );
    });

    it("finds what the waiting shell has launched into a session of its own", async () => {
      const [supervisor, launched] = await plantation.plant(
        "sleep 60 & env -i setsid sleep 60 >/dev/null & echo $$ $!; wait",
      );
      await eventually(
        "it has its session",
        () => launched && sessionOf(launched.pid) === launched.pid,
      );

      const found = await scan(shell, { supervisor: String(supervisor?.pid) });

      assert.deepEqual(found, [launched?.name], "but neither itself nor what is in its session");
    });

    it("finds what it knew before, and no other process that got the pid", async () => {
      const [known] = await plantation.plant("echo $$; exec sleep 60");

      assert.deepEqual(await scan(shell, { known: known?.name ?? "" }), [known?.name]);
      assert.deepEqual(await scan(shell, { known: `${known?.pid}:1` }), []);
    });

    it("takes nobody for the main process, and no session for its own, by the pid alone", async () => {
      const [leader] = await plantation.plant("echo $$; sleep 60 & sleep 60; exit");

      assert.deepEqual(await scan(shell, { leader: `${leader?.pid}:1` }), []);
    });

    it("finds the rest of a session whose leader has gone and in which a marked process lives", async () => {
      const taskId = `build01:${uniqueMarker()}`;
      const script = `sleep 60 >/dev/null & a=$!; SSH_TASKS_ID=${taskId} sleep 60 >/dev/null & echo $a $!`;
      const both = await plantation.plant(`setsid sh -c '${script}'; sleep 60; exit`);
      await eventually("they run", () => both.every(({ pid }) => programOf(pid) === "sleep"));

      assert.deepEqual(await scan(shell, { taskId }), names(both));
    });

    it("leaves a session alone whose leader is somebody else, marked process or not", async () => {
      const taskId = `build01:${uniqueMarker()}`;
      const [marked] = await plantation.plant(
        `sleep 60 & SSH_TASKS_ID=${taskId} sleep 60 >/dev/null & echo $!; wait`,
      );
      await eventually("it runs", () => marked && programOf(marked.pid) === "sleep");

      assert.deepEqual(await scan(shell, { taskId }), [marked?.name]);
    });

    it("finds stopped processes", async () => {
      const taskId = `build01:${uniqueMarker()}`;
      const [stopped] = await plantation.plant("echo $$; kill -STOP $$; sleep 60", {
        SSH_TASKS_ID: taskId,
      });
      await eventually("it is stopped", () => stopped && processState(stopped.pid) === "T");

      assert.deepEqual(await scan(shell, { taskId }), [stopped?.name]);
    });

    it("does not count a zombie, whom nobody reaps", async () => {
      const [zombie] = await plantation.plant(
        "exec perl -e '$p = fork or exit; $| = 1; print qq($p\\n); sleep 60'",
      );
      await eventually("it is one", () => zombie && processState(zombie.pid) === "Z");

      assert.deepEqual(await scan(shell, { known: zombie?.name ?? "" }), []);
      assert.deepEqual(await scan(shell, { leader: zombie?.name ?? "" }), []);
    });

    it("is not misled by the name of a program", async () => {
      const folder = mkdtempSync(join(tmpdir(), "names-"));
      after(() => rmSync(folder, { recursive: true, force: true }));
      const program = join(folder, "a) R 1 1 1 ("); // what stat says after a name that ends
      copyFileSync("/bin/sleep", program);
      const [leader, child] = await plantation.plant(
        `env -i setsid '${program}' 60 >/dev/null & echo $$ $!; wait`,
      );
      await eventually("it runs", () => child && sessionOf(child.pid) === child.pid);

      assert.deepEqual(
        await scan(shell, { leader: leader?.name ?? "" }),
        names([leader, child].filter((one) => !!one)),
      );
    });
  });
}

describe("the names that members.sh documents", () => {
  const [header, code] = [
    members.split("\n").filter((line) => line.startsWith("#")),
    members
      .split("\n")
      .filter((line) => !/^\s*#/.test(line))
      .join("\n"),
  ];
  const documented = header.flatMap((line) => /^# {3}([A-Z_]+) /.exec(line)?.[1] ?? []).sort();

  it("are those it reads", () => {
    const read = [...code.matchAll(/\$\{?([A-Z][A-Z_]+)/g)].map(([, name]) => name);
    // MEMBERS is both: what the call before set is what this one reads.
    const own = ["FOREIGN", "LOOKED", "MEMBERS", "ORPHANS", "PIDS"];

    assert.deepEqual(
      [...new Set(read)].filter((name) => !own.includes(String(name))).sort(),
      documented.filter((name) => name !== "MEMBERS"),
    );
    for (const name of own)
      assert.match(header.join("\n"), new RegExp(`(sets|and|in|To) ${name}\\b`));
  });
});
