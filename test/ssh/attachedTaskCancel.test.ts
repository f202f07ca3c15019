import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CancelReceipt } from "../../src/tasks/cancelReceipt";
import { eventually } from "../support/eventually";
import { hostKinds } from "../support/hostKinds";
import {
  findProcesses,
  kill,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "../support/processes";
import { createSshTasks, isRoot, type SshHarness } from "../support/sshHarness";

/** Starts a tree of processes, hands over the task once all of them run, and leaves none behind. */
async function withTree(
  ssh: SshHarness,
  { ignoreTerm = false, count = processTreeSize, command = "" },
  use: (tree: { id: string; marker: string }) => Promise<void>,
): Promise<void> {
  const marker = uniqueMarker();
  try {
    const text = command.replaceAll("MARKER", marker);
    const id = await ssh.startRunning(text || processTreeCommand(marker, { ignoreTerm }));
    await eventually("the whole tree runs", () => findProcesses(marker).length === count);
    await use({ id, marker });
  } finally {
    await killAll(marker);
  }
}

const names = (receipt: CancelReceipt | undefined): string[] =>
  receipt?.signals.map(({ signal }) => signal) ?? [];

for (const kind of hostKinds) {
  describe(`a cancel on a host of the kind ${kind.name}`, { timeout: 60_000 }, () => {
    let ssh: SshHarness;
    before(async () => {
      ssh = await createSshTasks(await kind.options());
    });
    after(() => ssh.close());

    for (const graceSeconds of [0, 1]) {
      it(`ends an obedient tree with a grace of ${graceSeconds} s`, async () => {
        await withTree(ssh, {}, async ({ id, marker }) => {
          const { task, receipt } = await ssh.cancel(id, { graceSeconds });

          assert.deepEqual(findProcesses(marker), []);
          assert.equal(task?.status, "cancelled");
          assert.equal(receipt?.verified, true);
          assert.deepEqual(receipt.left, []);
          assert.equal(receipt.processesFound, processTreeSize + 1, "the sleeps and their shell");
          if (graceSeconds === 1) assert.deepEqual(names(receipt), ["TERM", "CONT"]);
        });
      });

      it(`kills a tree that ignores TERM after a grace of ${graceSeconds} s`, async () => {
        await withTree(ssh, { ignoreTerm: true }, async ({ id, marker }) => {
          const { task, receipt } = await ssh.cancel(id, { graceSeconds });

          assert.deepEqual(findProcesses(marker), []);
          assert.equal(task?.status, "cancelled");
          assert.equal(receipt?.verified, true);
          assert.deepEqual(names(receipt).slice(0, 2), ["TERM", "CONT"]);
          assert.equal(names(receipt).at(-1), "KILL");
          const [first, last] = [receipt.signals[0], receipt.signals.at(-1)];
          const waited = Number(last?.at) - Number(first?.at);
          assert.ok(waited >= graceSeconds * 1000 - 50, `KILL came ${waited} ms after TERM`);
        });
      });
    }

    it("kills a tree that ignores TERM at once when it is forced", async () => {
      await withTree(ssh, { ignoreTerm: true }, async ({ id, marker }) => {
        const asked = Date.now();

        const { task, receipt } = await ssh.cancel(id, { graceSeconds: 30, force: true });

        assert.deepEqual(findProcesses(marker), []);
        assert.equal(task?.status, "cancelled");
        assert.equal(receipt?.verified, true);
        assert.ok(Date.now() - asked < 5000);
      });
    });

    it("comes by itself at the deadline", async () => {
      const marker = uniqueMarker();
      const { id } = await ssh.tasks.startTask({
        alias: ssh.sshd.alias,
        command: processTreeCommand(marker),
        maxSeconds: 1,
        startedBy: "agent:test",
      });
      await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);

      const { task } = await ssh.finish(id);

      assert.deepEqual(findProcesses(marker), []);
      assert.equal("timeout" in task && task.timeout, true);
      assert.equal(task.receipt?.requestedBy, "deadline");
      assert.equal(task.receipt.verified, true);
    });

    it("ends stopped processes by TERM, which they can only take once they go on", async () => {
      await withTree(ssh, {}, async ({ id, marker }) => {
        for (const { pid } of findProcesses(marker)) kill(pid, "SIGSTOP");

        const { task, receipt } = await ssh.cancel(id, { graceSeconds: 5 });

        assert.equal(task?.status, "cancelled");
        assert.deepEqual(names(receipt), ["TERM", "CONT"]);
        assert.deepEqual(findProcesses(marker), []);
      });
    });

    it("lets a command clean up within its grace", async () => {
      // Its child may be asked first: the shell must not end with it.
      const command = "trap 'echo cleaned; exit 0' TERM; sleep MARKER.1 & while :; do wait; done";
      await withTree(ssh, { command, count: 1 }, async ({ id }) => {
        const { task } = await ssh.cancel(id, { graceSeconds: 5 });

        const { stdout } = await ssh.finish(id);
        assert.equal(task?.status, "cancelled");
        assert.equal(stdout, "cleaned\n");
      });
    });

    it("ends an orphan in a session of its own, which has nothing but the marker", async () => {
      const command = "(setsid sleep MARKER.1 &); sleep MARKER.2; exit";
      await withTree(ssh, { command, count: 2 }, async ({ id, marker }) => {
        const { receipt } = await ssh.cancel(id, { graceSeconds: 0 });

        assert.equal(receipt?.verified, true);
        assert.deepEqual(findProcesses(marker), []);
      });
    });

    it("ends a child that cleared its environment and left the session", async () => {
      const command = "env -i setsid sleep MARKER.1 & sleep MARKER.2; exit";
      await withTree(ssh, { command, count: 2 }, async ({ id, marker }) => {
        const { task } = await ssh.cancel(id, { graceSeconds: 0 });

        assert.equal(task?.status, "cancelled");
        assert.deepEqual(findProcesses(marker), []);
      });
    });

    it("says in its receipt who asked, why, when, and how long it took", async () => {
      await withTree(ssh, {}, async ({ id }) => {
        const asked = Date.now();

        const { receipt, note } = await ssh.cancel(id, {
          requestedBy: "palette",
          reason: "enough of it",
        });

        const took = Date.now() - asked;
        assert.equal(receipt?.requestedBy, "palette");
        assert.equal(receipt.reason, "enough of it");
        assert.equal(receipt.verifiedBy, "processes");
        assert.ok(receipt.requestedAt >= asked && receipt.requestedAt <= asked + took);
        assert.ok(receipt.durationMs >= 0 && receipt.durationMs <= took);
        assert.equal(receipt.goneAt, receipt.requestedAt + receipt.durationMs);
        for (const { at, count } of receipt.signals)
          assert.ok(at >= asked && at <= asked + took && count > 0);
        assert.match(String(note), /^Verified: 6 processes gone from build01 after TERM/);
      });
    });

    it("is one ladder however often it is asked for, and keeps the first reason", async () => {
      await withTree(ssh, { ignoreTerm: true }, async ({ id }) => {
        const [first, second] = await Promise.all([
          ssh.cancel(id, { graceSeconds: 1, reason: "first", requestedBy: "tree" }),
          ssh.cancel(id, { graceSeconds: 1, reason: "second", requestedBy: "webview" }),
        ]);

        assert.deepEqual(first.receipt, second.receipt);
        assert.equal(first.receipt?.reason, "first");
        assert.equal(names(first.receipt).filter((name) => name === "TERM").length, 1);
      });
    });

    it("ends its grace at once when it is forced meanwhile", async () => {
      const command =
        "trap '' TERM; sleep MARKER.1 & trap 'echo asked' TERM; while wait $!; [ $? -gt 128 ]; do :; done";
      await withTree(ssh, { command, count: 1 }, async ({ id, marker }) => {
        const asked = Date.now();
        const patient = ssh.cancel(id, { graceSeconds: 30 });
        await eventually("TERM came", () => ssh.tasks.lastLines(id, 1)?.lines[0] === "asked");

        await ssh.cancel(id, { force: true });

        const { task, receipt } = await patient;
        assert.equal(task?.status, "cancelled");
        assert.equal(names(receipt).at(-1), "KILL");
        assert.ok(Date.now() - asked < 10_000);
        assert.deepEqual(findProcesses(marker), []);
      });
    });

    it("does not touch another task on the same connection", async () => {
      await withTree(ssh, {}, async (sibling) => {
        await withTree(ssh, {}, async ({ id, marker }) => {
          await ssh.cancel(id, { graceSeconds: 0 });

          assert.deepEqual(findProcesses(marker), []);
          assert.equal(findProcesses(sibling.marker).length, processTreeSize);
          assert.equal(ssh.tasks.getTask(sibling.id)?.status, "running");
        });
      });
    });
  });
}

describe("a cancel on a dropbear host without a setsid", { skip: !isRoot && "needs root" }, () => {
  it("does not touch another task of the same session", async (t) => {
    const ssh = await createSshTasks({ server: "dropbear", userland: "BusyBox" });
    t.after(() => ssh.close());
    await rm(join(ssh.sshd.dir, "busybox", "setsid"));
    const tree = { command: "sleep MARKER.1 & (sleep MARKER.2 &); sleep MARKER.3; exit", count: 3 };

    await withTree(ssh, tree, async (sibling) => {
      await withTree(ssh, tree, async ({ id, marker }) => {
        const both = [...findProcesses(sibling.marker), ...findProcesses(marker)];
        assert.equal(new Set(both.map(({ session }) => session)).size, 1);

        const { receipt } = await ssh.cancel(id, { graceSeconds: 0 });

        assert.equal(receipt?.verified, true);
        assert.deepEqual(findProcesses(marker), []);
        assert.equal(findProcesses(sibling.marker).length, tree.count);
      });
    });
  });
});
