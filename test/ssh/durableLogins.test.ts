import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { OutputStream, RemoteEnd } from "../../src/tasks/remoteHost";
import { requireProgram } from "../support/childProcesses";
import { createLaunch } from "../support/launches";
import { createSshTasks, isRoot, type SshHarness } from "../support/sshHarness";
import { ensureTestUser } from "../support/testUser";

/** Noise on both streams, and what makes scripts fail that rely on how a shell is at first. */
const noise = "echo noise; echo noise >&2\n";
const shells = [
  { shell: "bash", files: { ".bashrc": `${noise}set -o noclobber; export SHELLOPTS\n` } },
  { shell: "zsh", files: { ".zshenv": `${noise}setopt noclobber\n` } },
  { shell: "fish", files: {} },
  { shell: "dash", files: { ".profile": noise } },
] as const;

async function run(
  { hosts, sshd }: SshHarness,
  command: string,
): Promise<{ end: RemoteEnd; out: string; err: string; taskId: string; forget: () => void }> {
  const text = { stdout: "", stderr: "" };
  const onOutput = (stream: OutputStream, bytes: Buffer): void => {
    text[stream] += bytes.toString();
  };
  const taskId = `build01:${process.pid}:${Date.now()}`;
  const launch = createLaunch({ taskId, command, durable: true, onOutput });
  const remote = hosts.host(sshd.alias).start(launch);
  const end = await remote.ended;
  assert.equal((await remote.started)?.durable, true);
  return { end, out: text.stdout, err: text.stderr, taskId, forget: () => remote.forget() };
}

/** @returns the host, and the home of its user with these files. */
async function logIn(t: TestContext, shell: string, files: Readonly<Record<string, string>>) {
  const { name: user, uid, gid } = await ensureTestUser();
  const home = mkdtempSync(join(tmpdir(), "ssh-tasks-home-"));
  chownSync(home, uid, gid);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(home, file), text);
  const loginShell = requireProgram(shell);
  const ssh = await createSshTasks({ user, loginShell, environment: { HOME: home } });
  t.after(async () => {
    await ssh.close();
    rmSync(home, { recursive: true, force: true });
  });
  return { ssh, home, uid };
}

// Another login shell can be had as root alone.
if (isRoot) {
  describe("a durable task of a user", { timeout: 60_000 }, () => {
    for (const { shell, files } of shells) {
      it(`whose login shell is ${shell}, with noisy rc files, gives its own output alone`, async (t) => {
        const { ssh } = await logIn(t, shell, files);

        const { end, out, err, forget } = await run(ssh, "echo 'it''s'; echo no >&2; exit 3");

        const own = shell === "zsh" ? ["noise\n", "noise\n"] : ["", ""];
        assert.deepEqual(end, { kind: "exited", exitCode: 3 });
        // What zsh reads for every command it prints for the command's own shell too, as under sshd.
        assert.deepEqual([out, err], [`${own[0]}its\n`, `${own[1]}no\n`]);
        forget();
      });
    }

    it("whose home can't be written to has its folder elsewhere", async (t) => {
      const { ssh, home, uid } = await logIn(t, "dash", {});
      chownSync(home, 0, 0);
      chmodSync(home, 0o755);

      const { end, out, taskId, forget } = await run(ssh, "echo kept");

      assert.deepEqual([end, out], [{ kind: "exited", exitCode: 0 }, "kept\n"]);
      assert.ok(existsSync(`/var/tmp/ssh-tasks-${uid}/${taskId}`));
      forget();
    });
  });
}
