import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { DurableShell } from "./durableShell";
import { shells } from "./remoteShell";
import { newTaskId } from "./remoteTask";

/** The limits of open files of a process, soft and hard. */
function fileLimits(pid: number): readonly [string?, string?] {
  const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
  return /^Max open files +(\S+) +(\S+)/m.exec(limits)?.slice(1, 3) as [string, string];
}

for (const shell of shells) {
  describe(`durable.pl under ${shell.name}`, { timeout: 60_000 }, () => {
    let state: string;
    let host: DurableShell | undefined;
    beforeEach(() => (state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"))));
    afterEach(async () => {
      await host?.close();
      rmSync(state, { recursive: true, force: true });
    });

    /** The host, after some shell text. */
    function open(before: string, edit?: (script: string) => string): DurableShell {
      const environment = { XDG_STATE_HOME: state, SHELL: "/bin/bash" };
      host = new DurableShell(shell, { before, environment, ...(edit && { edit }) });
      return host;
    }

    it("may have as many files open as it can get, and a task as many as its user", async () => {
      const host = open("ulimit -S -n 127; ulimit -H -n 500");
      const taskId = newTaskId();

      host.start(taskId, "ulimit -S -n; ulimit -H -n");

      assert.deepEqual((await host.ended(taskId)).slice(0, 2), ["exited", "0"]);
      assert.equal(host.text(taskId), "127\n500\n");
      assert.deepEqual(fileLimits(await host.pid()), ["500", "500"]);
    });

    it("leaves a limit that can't be raised", async () => {
      const host = open("ulimit -n 127");
      const taskId = newTaskId();

      host.start(taskId, "ulimit -S -n");

      assert.deepEqual((await host.ended(taskId)).slice(0, 2), ["exited", "0"]);
      assert.equal(host.text(taskId), "127\n");
      assert.deepEqual(fileLimits(await host.pid()), ["127", "127"]);
    });

    it("wants no more open files than is sane, and leaves what is more already", async () => {
      const allowed = async (before: string): Promise<string | undefined> => {
        const host = open(before, (script) => script.replace(/(?<=-le |st_most=)65536/g, "300"));
        const [soft] = fileLimits(await host.pid());
        await host.close();
        return soft;
      };

      assert.equal(await allowed("ulimit -S -n 127; ulimit -H -n 500"), "300");
      assert.equal(await allowed("ulimit -n 500"), "500");
    });
  });
}
