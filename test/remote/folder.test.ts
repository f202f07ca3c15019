import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import folderScript from "../../src/remote/folder.sh";
import ladder from "../../src/remote/ladder.sh";
import { eventually } from "../support/eventually";
import { isRoot } from "../support/sshHarness";
import { ensureTestUser } from "../support/testUser";
import { isAlive, Plantation, runScript, shells } from "./remoteShell";

const uid = process.getuid?.() ?? 0;

for (const shell of shells) {
  describe(`folder.sh under ${shell.name}`, { timeout: 60_000 }, () => {
    let place: string;
    let plantation: Plantation;
    beforeEach(() => {
      place = mkdtempSync(join(tmpdir(), "places-"));
      chmodSync(place, 0o777);
      plantation = new Plantation();
      mkdirSync(join(place, "shared"));
      chmodSync(join(place, "shared"), 0o1777);
    });
    afterEach(() => {
      plantation.end();
      rmSync(place, { recursive: true, force: true });
    });

    /** Runs lines of shell that know the functions; shared places are the test's own. */
    const run = async (lines: string, { state = "", before = "" } = {}): Promise<string> => {
      const own = folderScript
        .replaceAll("/var/tmp", join(place, "shared"))
        .replaceAll("/dev/shm", join(place, "none"));
      const script = [before, own, ladder, "TASK_ID=build01:1:1 NONCE=n PROC=/proc", lines].join(
        "\n",
      );
      const environment = {
        HOME: join(place, "home"),
        TMPDIR: join(place, "tmp"),
        ...(state && { XDG_STATE_HOME: state }),
      };
      return (await runScript(shell, script, { environment })).trim();
    };
    const make = 'st_make_folder && echo "$FOLDER" || echo none';
    const shared = (owner = uid): string => join(place, "shared", `ssh-tasks-${owner}`);

    it("is at home, closed to others, with a FIFO in it", async () => {
      const made = await run(make);

      assert.equal(made, join(place, "home/.local/state/ssh-tasks/build01:1:1"));
      assert.equal(statSync(made).mode & 0o777, 0o700);
      assert.equal(statSync(join(made, "..")).mode & 0o777, 0o700);
      assert.equal(statSync(join(made, "tree")).isFIFO(), true);
    });

    it("is where XDG_STATE_HOME says, whatever is in that", async () => {
      const state = join(place, 'it\'s a "state" $HOME *');

      assert.equal(await run(make, { state }), join(state, "ssh-tasks/build01:1:1"));
    });

    it("is made once, and found again", async () => {
      const made = await run(make);

      assert.equal(await run(make), made);
      assert.equal(await run('st_find_folder && echo "$FOLDER"'), made);
    });

    for (const before of ["unset HOME", "HOME="]) {
      it(`is in a shared place after ${before}, and found there`, async () => {
        const made = await run(make, { before });

        assert.equal(made, join(shared(), "build01:1:1"));
        assert.equal(await run('st_find_folder && echo "$FOLDER"', { before }), made);
      });
    }

    it("is in a shared place where home can't be written, and found there", async () => {
      writeFileSync(join(place, "home"), ""); // no folder can be made in it, not even by root

      const made = await run(make);

      assert.equal(made, join(shared(), "build01:1:1"));
      assert.equal(await run('st_find_folder && echo "$FOLDER"'), made);
    });

    it("is in the next shared place where the first is a symlink", async () => {
      writeFileSync(join(place, "home"), "");
      mkdirSync(join(place, "trap"));
      symlinkSync(join(place, "trap"), shared());
      mkdirSync(join(place, "tmp"));

      assert.equal(await run(make), join(place, "tmp", `ssh-tasks-${uid}`, "build01:1:1"));
      assert.equal(existsSync(join(place, "trap/build01:1:1")), false);
    });

    it(
      "is not in a folder that another user has made",
      { skip: !isRoot && "needs root" },
      async () => {
        const user = await ensureTestUser();
        writeFileSync(join(place, "home"), "");
        mkdirSync(join(shared(), "build01:1:1"), { recursive: true });
        chownSync(shared(), user.uid, user.gid);

        assert.equal(await run('st_find_folder && echo "$FOLDER" || echo none'), "none");
        assert.equal(await run("mkdir() { return 1; }; " + make), "none");
      },
    );

    it("is none where there is no place", async () => {
      writeFileSync(join(place, "home"), "");
      rmSync(join(place, "shared"), { recursive: true });
      writeFileSync(join(place, "shared"), "");
      writeFileSync(join(place, "tmp"), "");
      writeFileSync(join(place, "none"), "");

      assert.equal(await run(make + '; echo "[$FOLDER]"'), "none\n[]");
    });

    it("lets one pass its gate, and nobody when it is gone", async () => {
      const pass = "st_pass_gate && echo passed || echo shut";

      const printed = await run(`st_make_folder; ${pass}; ${pass}; rm -r "$FOLDER"; ${pass}`);

      assert.deepEqual(printed.split("\n"), ["passed", "shut", "shut"]);
    });

    it("is held while a process has its FIFO open as any descriptor, and leaves no trace of the look", async () => {
      const made = await run(make);
      const tree = join(made, "tree");
      const ask = `st_find_folder; st_is_held && echo held || echo free; ls "$FOLDER"`;
      assert.equal(await run(ask), "free\ntree");
      const [holder] = await plantation.plant(`exec 9<>'${tree}'; echo $$; exec sleep 60`);

      assert.equal(await run(ask), "held\ntree");

      process.kill(Number(holder?.pid), "SIGKILL");
      await eventually("it is gone", () => !isAlive(Number(holder?.pid)));
      assert.equal(await run(ask), "free\ntree");
    });

    it("is not held where it has no FIFO", async () => {
      const printed = await run(
        'st_make_folder; rm "$FOLDER/tree"; st_is_held && echo held || echo free; ls "$FOLDER"',
      );

      assert.equal(printed, "free");
    });

    const recall = `st_recall && echo "$LEADER $BOOT_ID $SUPERVISOR $REAPER" || echo "no: $LEADER"`;

    it("recalls what the main process said of itself", async () => {
      const main = "12 34 boot 11 reaper";

      const recalled = await run(`st_make_folder; echo ${main} >"$FOLDER/main"; ${recall}`);

      assert.equal(recalled, "12:34 boot 11 reaper");
    });

    for (const [what, write] of [
      ["a line that has not come to its end", `printf '12 34 boot 1' >"$FOLDER/main"`],
      ["a file without a line", `: >"$FOLDER/main"`],
      ["a main process that has not spoken", ":"],
    ] as const) {
      it(`believes nothing of ${what}`, async () => {
        assert.equal(await run(`LEADER=known; st_make_folder; ${write}; ${recall}`), "no: known");
      });
    }

    it("is removed with all that is in it", async () => {
      const made = await run(
        'st_make_folder; : >"$FOLDER/exit"; echo "$FOLDER"; st_remove_folder; echo "[$FOLDER]"',
      );

      assert.match(made, /\n\[\]$/);
      assert.equal(existsSync(made.split("\n")[0] ?? ""), false);
    });
  });
}
