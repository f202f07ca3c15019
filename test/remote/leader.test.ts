import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import leader from "../../src/remote/leader.sh";
import {
  quote,
  shells,
  startScript,
  startTime,
  type RemoteShell,
  type RunningScript,
} from "./remoteShell";

/** Becomes the main process that runs the command. */
function lead(
  shell: RemoteShell,
  command: string,
  more: Record<string, string> = {},
): RunningScript {
  const own = { SSH_TASKS_NONCE: "nonce", SSH_TASKS_ID: "build01:1:1", SHELL: "/bin/bash" };
  const environment = { ...own, ...more };
  return startScript(shell, `exec 6>&2\nset -- ${quote(command)}\n${leader}`, { environment });
}

for (const shell of shells) {
  describe(`leader.sh under ${shell.name}`, () => {
    it("says who it is, as /proc does, and then is the command", async () => {
      const running = lead(shell, "echo $$; read line; echo $line");
      await running.prints(`\n${running.child.pid}\n`);
      const start = startTime(Number(running.child.pid));

      running.child.stdin?.end("go on\n");

      const { stdout, stderr } = await running.ended;
      const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      const { pid } = running.child;
      const begin = `nonce BEGIN ${pid} ${start} ${bootId} ${process.pid} -`;
      assert.equal(stdout, `\n${begin}\n${pid}\ngo on\n`);
      assert.equal(stderr, "\nnonce BEGIN\n");
    });

    it("keeps the marker in the environment, and takes the nonce out of it", async () => {
      const { stdout } = await lead(shell, "tr '\\0' '\\n' </proc/$$/environ | grep SSH_TASKS")
        .ended;

      assert.match(stdout, /\nSSH_TASKS_ID=build01:1:1\n$/);
      assert.doesNotMatch(stdout, /SSH_TASKS_NONCE/);
    });

    it("runs the command by the user's shell", async () => {
      const { stdout } = await lead(shell, "[[ a == a ]] && echo ${BASH_VERSION:+bash}").ended;

      assert.match(stdout, /\nbash\n$/);
    });

    for (const unusable of ["/nonexistent/shell", ""]) {
      it(`runs it by /bin/sh when the user's shell is ${JSON.stringify(unusable)}`, async () => {
        const { stdout } = await lead(shell, "echo $0", { SHELL: unusable }).ended;

        assert.match(stdout, /\n\/bin\/sh\n$/);
      });
    }

    it("has no rc file read once more, whose output would be taken for the command's", async () => {
      const home = mkdtempSync(join(tmpdir(), "home-"));
      after(() => rmSync(home, { recursive: true, force: true }));
      writeFileSync(join(home, ".bashrc"), "echo noise\n");

      const { stdout } = await lead(shell, "echo out", { HOME: home, SSH_CLIENT: "::1 1 22" })
        .ended;

      assert.match(stdout, /BEGIN [^\n]*\nout\n$/);
    });

    it("hands the command over whatever is in it", async () => {
      const { stdout } = await lead(
        shell,
        `printf '%s.' '$HOME' "a  b" \\* '
'; echo "it's"`,
      ).ended;

      assert.match(stdout, /\n\$HOME\.a {2}b\.\*\.\n\.it's\n$/);
    });
  });
}
