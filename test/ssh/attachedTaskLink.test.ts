import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { hostKinds } from "../support/hostKinds";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "../support/processes";
import { createSshTasks, type SshHarness } from "../support/sshHarness";

/** Runs a test on a tree of processes of a task that is seen running, and leaves none behind. */
async function withTree(
  ssh: SshHarness,
  options: { ignoreTerm?: boolean },
  use: (tree: { id: string; marker: string }) => Promise<void>,
): Promise<void> {
  const marker = uniqueMarker();
  try {
    const id = await ssh.startRunning(processTreeCommand(marker, options));
    await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);
    await use({ id, marker });
  } finally {
    await killAll(marker);
  }
}

for (const kind of hostKinds) {
  describe(
    `an attached task whose link to a host of the kind ${kind.name} is lost`,
    { timeout: 60_000 },
    () => {
      let ssh: SshHarness;
      before(async () => {
        ssh = await createSshTasks({ ...(await kind.options()), proxied: true });
      });
      after(() => ssh.close());

      it("is stopped on the host, and says that this was verified", async () => {
        await withTree(ssh, {}, async ({ id, marker }) => {
          ssh.sshd.killConnections();

          const { task } = await ssh.finish(id);

          assert.deepEqual(findProcesses(marker), []);
          assert.equal(task.status, "failed");
          const error = "error" in task ? task.error : undefined;
          assert.equal(error && "code" in error && error.code, "connectionLost");
          assert.match(String(error?.message), /lost.*on the host, verified\./);
          assert.equal(task.receipt?.verified, true);
          assert.equal(task.receipt.requestedBy, "connection");
        });
      });

      // Those that ignore TERM take their 5 s of grace: once for each server and userland.
      for (const ignoreTerm of kind.login === hostKinds[0]?.login ? [false, true] : [false]) {
        const tree = ignoreTerm ? "a tree that ignores TERM" : "an obedient tree";
        it(`is ended by its host alone when nobody can reach it any more: ${tree}`, async () => {
          await withTree(ssh, { ignoreTerm }, async ({ id, marker }) => {
            await ssh.sshd.stop();

            await eventually("its processes end", () => findProcesses(marker).length === 0, 20_000);
            const cut = await eventually("the loss is noticed", () => {
              const task = ssh.tasks.getTask(id);
              return task?.status === "cancelling" && task.receipt && task;
            });
            await ssh.sshd.start();
            await ssh.cancel(id);

            const { task } = await ssh.finish(id);
            assert.equal(cut.receipt?.verified, false);
            assert.equal(task.status, "failed");
            assert.equal(task.receipt?.verified, true);
          });
        });
      }
    },
  );
}

describe("an attached task whose link freezes", { timeout: 60_000 }, () => {
  let ssh: SshHarness;
  before(async () => {
    ssh = await createSshTasks({ proxied: true });
  });
  after(() => ssh.close());

  it("is found out, and stopped over another one", async () => {
    await withTree(ssh, {}, async ({ id, marker }) => {
      const frozenAt = Date.now();
      ssh.proxy.freezeOpen();

      const { task } = await ssh.finish(id);

      ssh.proxy.thaw();
      assert.ok(Date.now() - frozenAt < 25_000);
      assert.deepEqual(findProcesses(marker), []);
      assert.equal(task.status, "failed");
      assert.equal(task.receipt?.requestedBy, "connection");
      assert.equal(task.receipt.verified, true);
      assert.equal(task.receipt.processesFound, processTreeSize + 1);
    });
  });

  it("answers a cancel within 10 s when its host can't be reached, and goes on with it", async () => {
    await withTree(ssh, {}, async ({ id, marker }) => {
      ssh.proxy.freeze();
      const asked = Date.now();

      const outcome = await ssh.cancel(id, { graceSeconds: 0 });

      const answered = Date.now() - asked;
      const survivors = findProcesses(marker).length;
      ssh.proxy.thaw();
      const { task } = await ssh.finish(id);
      assert.ok(answered <= 10_500, `${answered} ms`);
      assert.equal(outcome.accepted, true);
      assert.equal(outcome.task?.status, "cancelling");
      assert.match(String(outcome.note), /^Not verified: .*may still run on build01/);
      assert.equal(survivors, processTreeSize);
      assert.equal(task.status, "cancelled");
      assert.equal(task.receipt.verified, true);
      assert.deepEqual(findProcesses(marker), []);
    });
  });
});

describe("twenty tasks at once on one host", { timeout: 60_000 }, () => {
  let ssh: SshHarness;
  before(async () => {
    ssh = await createSshTasks({ proxied: true });
  });
  after(() => ssh.close());

  it("run side by side over four connections, and leave no channel open", async () => {
    const marker = uniqueMarker();
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    try {
      const ids = await Promise.all(
        numbers.map((n) => ssh.start(`sleep ${marker}.${n}; echo ${n}; exit ${n}`)),
      );
      await eventually("all run", () => findProcesses(marker).length === 20, 30_000);
      const connections = ssh.proxy.accepted();
      await eventually("the shell for cancels runs too", () => ssh.sshd.commands().length === 21);
      await killAll(marker);

      const finished = await Promise.all(ids.map((id) => ssh.finish(id)));

      assert.ok(connections <= 4, `${connections} connections`);
      assert.deepEqual(
        finished.map(({ task, stdout }) => ["exitCode" in task && task.exitCode, stdout]),
        numbers.map((n) => [n, `${n}\n`]),
      );
      await eventually("no other command is left", () => ssh.sshd.commands().length === 1);
      await ssh.run("true");
      assert.equal(ssh.proxy.accepted(), connections, "the connections are kept for the next");
    } finally {
      await killAll(marker);
    }
  });

  it("are all ended by twenty cancels at once", async () => {
    const marker = uniqueMarker();
    try {
      const ids = await Promise.all(
        Array.from({ length: 20 }, (_, n) => ssh.startRunning(`sleep ${marker}.${n}; exit`)),
      );

      const outcomes = await Promise.all(ids.map((id) => ssh.cancel(id, { graceSeconds: 5 })));

      assert.deepEqual(
        outcomes.map(({ task, receipt }) => [task?.status, receipt?.verified]),
        ids.map(() => ["cancelled", true]),
      );
      assert.deepEqual(findProcesses(marker), []);
      await eventually("no other command is left", () => ssh.sshd.commands().length === 1);
    } finally {
      await killAll(marker);
    }
  });

  it("are all stopped when their connections are cut", async () => {
    const marker = uniqueMarker();
    try {
      const ids = await Promise.all(
        Array.from({ length: 20 }, (_, n) => ssh.startRunning(`sleep ${marker}.${n}; exit`)),
      );

      const accepted = ssh.proxy.accepted();
      ssh.sshd.killConnections();

      const finished = await Promise.all(ids.map((id) => ssh.finish(id)));
      assert.deepEqual(
        finished.map(({ task }) => [task.status, task.receipt?.verified]),
        ids.map(() => ["failed", true]),
      );
      assert.deepEqual(findProcesses(marker), []);
      assert.ok(ssh.proxy.accepted() - accepted <= 8, "no storm of handshakes");
    } finally {
      await killAll(marker);
    }
  });
});
