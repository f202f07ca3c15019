import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { CancelReceipt } from "../../src/tasks/cancelReceipt";
import { isEnded } from "../../src/tasks/task";
import {
  assertGone,
  createCancelHarness,
  findMentions,
  type CancelHarness,
  type CancelHarnessOptions,
  type RunningShape,
} from "../support/cancelHarness";
import { cancelShapes, type CancelShape } from "../support/cancelShapes";
import { eventually } from "../support/eventually";
import { findProcesses } from "../support/processes";
import { isRoot, type ServerName } from "../support/sshHarness";

const servers: readonly ServerName[] = isRoot ? ["OpenSSH", "dropbear"] : ["OpenSSH"];

async function createHost(t: TestContext, options: CancelHarnessOptions): Promise<CancelHarness> {
  const host = await createCancelHarness(options);
  t.after(() => host.close());
  return host;
}

function shapeOf(name: string): CancelShape {
  const shape = cancelShapes.find((one) => one.name === name);
  if (!shape) throw new Error(`There is no shape ${name}`);
  return shape;
}

const stubborn = shapeOf("a tree that ignores TERM");

const names = (receipt: CancelReceipt | undefined): string[] =>
  receipt?.signals.map(({ signal }) => signal) ?? [];

/** What is true of a cancelled task however many attempts that took, whose first signal was told of unless it was cut off. */
async function assertEnded(
  host: CancelHarness,
  running: RunningShape,
  signalled: "TERM" | "cut" = "TERM",
): Promise<void> {
  const { task } = await host.ssh.finish(running.id);
  await assertGone(
    { accepted: true, task, ...(task.receipt && { receipt: task.receipt }) },
    running,
  );
  assert.equal(task.receipt?.requestedBy, "tree");
  const [first] = names(task.receipt);
  assert.ok(first === "TERM" || (first === undefined && signalled === "cut"), first);
  await eventually("no folder is left", () => host.folders().length === 0);
}

describe("a cancel whose connection is lost in the middle", { timeout: 60_000 }, () => {
  for (const server of servers) {
    it(`is verified over another one on ${server}, when its server's process was killed`, async (t) => {
      const host = await createHost(t, { server });
      await host.withShape(stubborn, async (running) => {
        const cancelling = host.ssh.cancel(running.id, { graceSeconds: 1 });
        await host.beginsToEnd(running.id);
        host.ssh.sshd.killConnections();

        const { task, receipt } = await cancelling;

        const survivors = findProcesses(running.marker);
        if (receipt?.verified) assert.deepEqual(survivors, []);
        else assert.equal(task?.status, "cancelling");
        // The connection may go between the signal and the word of it.
        await assertEnded(host, running, "cut");
      });
    });
  }

  it("is verified once its link thaws, when that was frozen for a moment", async (t) => {
    const host = await createHost(t, { proxied: true });
    await host.withShape(stubborn, async (running) => {
      const asked = Date.now();
      const cancelling = host.ssh.cancel(running.id, { graceSeconds: 1 });
      await host.beginsToEnd(running.id);
      host.ssh.proxy.freeze();
      await eventually("the host ends it", () => host.folders().length === 0);
      const frozen = host.ssh.tasks.getTask(running.id);
      host.ssh.proxy.thaw();

      const { receipt } = await cancelling;

      const answered = Date.now() - asked;
      assert.equal(frozen?.status, "cancelling", "nobody has said anything yet");
      assert.equal(receipt?.verified, true);
      assert.ok(answered < 11_000, `${answered} ms`);
      await assertEnded(host, running);
    });
  });

  it("answers in time that nothing is verified while its link is frozen, and verifies after", async (t) => {
    const host = await createHost(t, { proxied: true });
    await host.withShape(stubborn, async (running) => {
      const asked = Date.now();
      const cancelling = host.ssh.cancel(running.id, { graceSeconds: 1 });
      await host.beginsToEnd(running.id);
      host.ssh.proxy.freeze();

      const { task, note } = await cancelling;

      const answered = Date.now() - asked;
      assert.ok(answered < 11_500, `${answered} ms`);
      assert.equal(task?.status, "cancelling");
      assert.match(String(note), /^Not verified/);
      host.ssh.proxy.thaw();
      await assertEnded(host, running);
    });
  });
});

describe("a cancel on a server that takes one session a connection", { timeout: 60_000 }, () => {
  it("is verified for each of two tasks", async (t) => {
    const host = await createHost(t, { config: ["MaxSessions 1"], proxied: true });
    await host.withShape(stubborn, async (one) => {
      await host.withShape(stubborn, async (other) => {
        const connections = host.ssh.proxy.accepted();

        const outcomes = await Promise.all(
          [one, other].map(({ id }) => host.ssh.cancel(id, { graceSeconds: 0 })),
        );

        for (const [n, running] of [one, other].entries()) {
          assert.equal(outcomes[n]?.receipt?.verified, true);
          await assertEnded(host, running);
        }
        assert.ok(host.ssh.proxy.accepted() > connections, "there was no room on theirs");
      });
    });
  });
});

describe("a cancel that is asked for by three at once", { timeout: 60_000 }, () => {
  for (const server of servers) {
    it(`is one on ${server}, with the first reason and the shortest grace`, async (t) => {
      const host = await createHost(t, { server });
      const ends: string[] = [];
      host.ssh.tasks.onDidChangeTask((task) => {
        if (isEnded(task)) ends.push(task.id);
      });
      await host.withShape(stubborn, async (running) => {
        const asked = Date.now();

        const outcomes = await Promise.all([
          host.ssh.cancel(running.id, { graceSeconds: 30, reason: "first" }),
          host.ssh.cancel(running.id, {
            graceSeconds: 30,
            reason: "second",
            requestedBy: "palette",
          }),
          host.ssh.cancel(running.id, { force: true, reason: "third", requestedBy: "webview" }),
        ]);

        assert.ok(Date.now() - asked < 8000, "the grace was ended");
        const [first] = outcomes;
        for (const outcome of outcomes) assert.deepEqual(outcome, first);
        assert.equal(first.receipt?.reason, "first");
        assert.equal(names(first.receipt).filter((name) => name === "TERM").length, 1);
        await assertEnded(host, running);
        assert.deepEqual(ends, [running.id]);
        assert.deepEqual(findMentions(running.marker), []);
      });
    });
  }
});
