import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { run } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import { hostKinds } from "../support/hostKinds";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { createSshTasks, isRoot, type Finished, type SshHarness } from "../support/sshHarness";
import { ensureTestUser } from "../support/testUser";

for (const kind of hostKinds) {
  describe(`an attached task on a host of the kind ${kind.name}`, { timeout: 60_000 }, () => {
    let ssh: SshHarness;
    before(async () => {
      ssh = await createSshTasks(await kind.options());
    });
    after(() => ssh.close());

    it("keeps its two output streams apart and exact", async () => {
      const { task, stdout, stderr } = await ssh.run("printf ' out\\n\\n'; printf 'err' >&2");

      assert.equal(task.status, "completed");
      assert.equal(stdout, " out\n\n");
      assert.equal(stderr, "err");
    });

    it("gives every byte value on both streams", async () => {
      const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const octal = [...every].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
      const bytes = `printf '${octal}'`;

      const { stdout, stderr } = await ssh.runBytes(`${bytes}; ${bytes} >&2; printf last`);

      assert.deepEqual(stdout, Buffer.concat([every, Buffer.from("last")]));
      assert.deepEqual(stderr, every);
    });

    it("gives 5 MB per stream without losing a byte", async () => {
      const [out, err] = [randomBytes(5_000_000), randomBytes(5_000_000)];
      const files = [join(ssh.sshd.dir, "out"), join(ssh.sshd.dir, "err")] as const;
      await writeFile(files[0], out);
      await writeFile(files[1], err);

      const { end, stdout, stderr } = await ssh.runBytes(
        `cat ${files[0]} & cat ${files[1]} >&2; wait; exit 5`,
      );

      assert.deepEqual(end, { kind: "exited", exitCode: 5, leftRunning: 0 });
      assert.equal(stdout.equals(out), true);
      assert.equal(stderr.equals(err), true);
    });

    it("has what was written right before the exit, every time", async () => {
      for (let round = 0; round < 20; round++) {
        const { stdout, stderr } = await ssh.run(`echo e${round} >&2; exec echo o${round}`);

        assert.deepEqual([stdout, stderr], [`o${round}\n`, `e${round}\n`]);
      }
    });

    for (const [command, exitCode] of [
      ["exit 0", 0],
      ["exit 3", 3],
      ["no-such-program-here", 127],
      ["kill -9 $$", 137],
      ["kill -TERM $$", 143],
    ] as const) {
      it(`ends with the exit code ${exitCode} after \`${command}\``, async () => {
        const { task } = await ssh.run(command);

        assert.equal(task.status, exitCode === 0 ? "completed" : "failed");
        assert.equal("exitCode" in task && task.exitCode, exitCode);
      });
    }

    it("has an empty standard input", async () => {
      const { task, stdout } = await ssh.run("cat; readlink /proc/self/fd/0");

      assert.equal(task.status, "completed");
      assert.equal(stdout, "/dev/null\n");
    });

    it("has the open files that a command of `ssh` has there, and the mark of its task", async () => {
      const command = "ls /proc/$$/fd; true";

      const { stdout } = await ssh.run(command);

      const { sshConfigFile, alias } = ssh.sshd;
      assert.match(stdout, /^0\n1\n2\n/);
      // A dropbear hands on what it has itself from whoever started it.
      const plain = await run("ssh", ["-F", sshConfigFile, alias, command]);
      const expected = new Set([...plain.trim().split("\n"), "8"]);
      assert.deepEqual(new Set(stdout.trim().split("\n")), expected);
    });

    it("runs in the home directory, as a session of its own, under the user's shell", async () => {
      const { stdout } = await ssh.run(
        "pwd; readlink /proc/$$/exe; cut -d ' ' -f 6 /proc/$$/stat; echo $$",
      );

      const [home, shell, session, pid] = stdout.split("\n");
      assert.equal(home, ssh.sshd.home);
      assert.match(String(shell), { GNU: /\/bash$/, BusyBox: /\/busybox$/ }[kind.userland]);
      assert.equal(session, pid);
    });

    it("carries its id in the environment, and not what frames its output", async () => {
      const id = await ssh.start("echo $SSH_TASKS_ID; env | grep -c NONCE");

      const { stdout } = await ssh.finish(id);

      assert.equal(stdout, `${id}\n0\n`);
    });

    it("lets no signal of ours be ignored by the command", async () => {
      const { stdout } = await ssh.run("grep SigIgn /proc/self/status | tr -d '\\t'");

      assert.equal(stdout, "SigIgn:0000000000000000\n");
    });

    it("ends with its main process, whatever it leaves behind", async () => {
      const marker = uniqueMarker();
      try {
        const { task, stdout } = await ssh.run(`sleep ${marker}.1 & echo hi`);

        assert.equal(task.status, "completed");
        assert.equal(stdout, "hi\n");
        await eventually("it is left", () => findProcesses(marker).length === 1);
      } finally {
        await killAll(marker);
      }
    });

    it("runs beside nine others", async () => {
      const numbers = Array.from({ length: 10 }, (_, n) => n);

      const finished = await Promise.all(
        numbers.map((n) => ssh.run(`echo o${n}; echo e${n} >&2; exit ${n}`)),
      );

      assert.deepEqual(
        finished.map(({ task, ...output }) => ["exitCode" in task && task.exitCode, output]),
        numbers.map((n) => [n, { stdout: `o${n}\n`, stderr: `e${n}\n` }]),
      );
    });

    it("leaves the sessions of its connection to others when it leaves processes behind", async () => {
      const marker = uniqueMarker();
      try {
        const finished: Finished[] = [];
        for (let round = 0; round < 12; round++)
          finished.push(await ssh.run(`sleep ${marker}.1 & echo hi`));

        assert.deepEqual(
          finished.map(({ task, stdout }) => [task.status, stdout]),
          finished.map(() => ["completed", "hi\n"]),
        );
        await eventually("all are left", () => findProcesses(marker).length === 12);
      } finally {
        await killAll(marker);
      }
    });
  });
}

describe("what a user's rc files print", { skip: !isRoot && "needs root" }, () => {
  let ssh: SshHarness;
  let home: string;
  before(async () => {
    const { name, uid, gid } = await ensureTestUser();
    home = await mkdtemp(join(tmpdir(), "home-"));
    const noise = "echo rc noise; echo rc error >&2; printf unfinished\nexport RC_WAS_READ=yes\n";
    await writeFile(join(home, ".bashrc"), noise, { mode: 0o644 });
    await chown(home, uid, gid);
    ssh = await createSshTasks({ user: name, environment: { HOME: home } });
  });
  after(async () => {
    await ssh.close();
    await rm(home, { recursive: true, force: true });
  });

  it("never gets into a task's output", async () => {
    const { task, stdout, stderr } = await ssh.run("echo $RC_WAS_READ; echo err >&2");

    assert.equal(stdout, "yes\n");
    assert.equal(stderr, "err\n");
    assert.equal(task.status, "completed");
  });
});
