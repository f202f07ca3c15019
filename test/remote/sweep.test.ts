import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import folderScript from "../../src/remote/folder.sh";
import ladder from "../../src/remote/ladder.sh";
import sweep from "../../src/remote/sweep.sh";
import { Plantation, runScript, shells } from "./remoteShell";

const uid = process.getuid?.() ?? 0;
const nobody = 999_999_999;

for (const shell of shells) {
  describe(`sweep.sh under ${shell.name}`, { timeout: 60_000 }, () => {
    let dir: string;
    let plantation: Plantation;
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), "places-"));
      plantation = new Plantation();
    });
    afterEach(() => {
      plantation.end();
      rmSync(dir, { recursive: true, force: true });
    });
    const home = (): string => join(dir, "state/ssh-tasks");

    /** A folder as a task leaves it, days ago; `main` is the pid of its main process and of what waits for that. */
    function makeFolder(
      name: string,
      { days = 8, place = home(), main = [nobody, nobody] as readonly [number, number] } = {},
    ): string {
      const path = join(place, name);
      mkdirSync(path, { recursive: true });
      execFileSync("mkfifo", [join(path, "tree")]);
      writeFileSync(join(path, "main"), `${main[0]} 1 boot ${main[1]} reaper\n`);
      const then = Date.now() / 1000 - days * 86_400;
      utimesSync(path, then, then);
      return path;
    }

    /** Sweeps; shared places are the test's own. */
    async function runSweep(): Promise<void> {
      const own = [folderScript, ladder, sweep]
        .join("\n")
        .replaceAll("/var/tmp", join(dir, "shared"))
        .replaceAll("/dev/shm", join(dir, "none"));
      const environment = { XDG_STATE_HOME: join(dir, "state"), TMPDIR: join(dir, "tmp") };
      const script = `${own}\nNONCE=n PROC=/proc st_days=7\nexec 2>/dev/null\nst_sweep_folders`;
      assert.equal(await runScript(shell, script, { environment }), "");
    }

    it("removes the old folders of all places, and leaves the young", async () => {
      const shared = join(dir, "shared", `ssh-tasks-${uid}`);
      const old = [makeFolder("a:1:1"), makeFolder("a:1:2", { place: shared })];
      const young = [makeFolder("a:1:3", { days: 6 }), makeFolder("a:1:4", { days: 0 })];

      await runSweep();

      assert.deepEqual(old.map(existsSync), [false, false]);
      assert.deepEqual(young.map(existsSync), [true, true]);
      assert.deepEqual(existsSync(home()), true);
    });

    it("removes an old folder in which nobody has said who the main process is", async () => {
      const path = makeFolder("a:1:1");
      rmSync(join(path, "main"));
      utimesSync(path, 0, 0);

      await runSweep();

      assert.equal(existsSync(path), false);
    });

    it("leaves an old folder whose FIFO is held", async () => {
      const path = makeFolder("a:1:1");
      await plantation.plant(`exec 9<>'${join(path, "tree")}'; echo $$; exec sleep 60`);

      await runSweep();

      assert.equal(existsSync(path), true);
    });

    it("leaves an old folder whose main process lives, or what waits for that", async () => {
      const [living] = await plantation.plant("echo $$; exec sleep 60");
      const pid = Number(living?.pid);
      const paths = [
        makeFolder("a:1:1", { main: [pid, nobody] }),
        makeFolder("a:1:2", { main: [nobody, pid] }),
      ];

      await runSweep();

      assert.deepEqual(paths.map(existsSync), [true, true]);
    });

    it("leaves what is in a shared place that is a link", async () => {
      const path = makeFolder("a:1:1", { place: join(dir, "elsewhere") });
      mkdirSync(join(dir, "shared"));
      symlinkSync(join(dir, "elsewhere"), join(dir, "shared", `ssh-tasks-${uid}`));

      await runSweep();

      assert.equal(existsSync(path), true);
    });

    it("leaves files that are no folders of tasks", async () => {
      const path = makeFolder("a:1:1");
      const file = join(home(), "notes");
      writeFileSync(file, "");
      utimesSync(file, 0, 0);

      await runSweep();

      assert.deepEqual([existsSync(path), existsSync(file)], [false, true]);
    });
  });
}
