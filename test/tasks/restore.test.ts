import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isEnded } from "../../src/tasks/task";
import { settle } from "../support/fakeClock";
import { hang, reports, type FakeRemoteTask } from "../support/fakeRemoteHost";
import { createNextWindow, storedProcess, storedTask } from "./storedTasks";

const minute = 60_000;
const createdAt = Date.UTC(2026, 0, 1);

function answerUnverified(remote: FakeRemoteTask): void {
  remote.onCancel = () => Promise.resolve(reports.unverified("It could not be scanned."));
}

describe("a durable task that ran on without a window", () => {
  it("is followed from where its kept output ends, and its end is seen", async () => {
    const { tasks, hosts, store, now, remote } = await createNextWindow([
      storedTask("running", { output: "one\n" }),
    ]);
    const { taskId, process, follow, from } = hosts.adopted[0]?.adoption ?? {};
    assert.deepEqual([taskId, process, follow], [now().id, storedProcess, true]);
    assert.deepEqual(from, { stdout: 4, stderr: 0 });
    assert.equal(now().status, "running");
    assert.equal(hosts.launched.length, 0);

    remote().write("stdout", "two\n");
    remote().exit(0);
    await settle();

    assert.equal(now().status, "completed");
    assert.equal(tasks.summarizeOutput(now().id, 100)?.stdout, "one\ntwo\n");
    assert.deepEqual(remote().climbs, []);
    const kept = store.find(now().id);
    assert.equal(kept?.task.status, "completed");
    assert.deepEqual([kept.output?.ended, kept.output?.stdout.size], [true, 8]);
  });

  it("is followed from the start where no output was kept, and may have lost some since", async () => {
    const { tasks, hosts, now, remote } = await createNextWindow([storedTask("running")]);
    assert.deepEqual(hosts.adopted[0]?.adoption.from, { stdout: 0, stderr: 0 });

    remote().drop("stdout", 100);
    remote().write("stdout", "rest\n");

    assert.deepEqual(tasks.outputSize(now().id), { stdout: 105, stderr: 0 });
  });

  it("may be without a link at first, and shows it", async () => {
    const { now, remote, events } = await createNextWindow([storedTask("running")]);

    remote().link(false);
    remote().link(true);

    assert.deepEqual(
      events.map((task) => "reconnecting" in task),
      [false, true, false],
    );
    assert.equal(now().status, "running");
  });

  it("has its deadline counted from its creation", async () => {
    const changes = { maxSeconds: 60, createdAt: createdAt - 50_000 };
    const { clock, now, remote } = await createNextWindow([storedTask("running", changes)]);

    await clock.advance(9999);
    assert.equal(now().status, "running");
    await clock.advance(1);

    const task = now();
    assert.ok(task.status === "failed" && task.timeout, task.status);
    assert.equal(task.receipt?.verified, true);
    assert.equal(remote().climbs.length, 1);
  });

  it("ends at once where its deadline went by meanwhile", async () => {
    const changes = { maxSeconds: 60, createdAt: createdAt - minute * 60 };
    const { clock, now } = await createNextWindow([storedTask("running", changes)]);

    await clock.advance(0);

    const task = now();
    assert.ok(task.status === "failed" && task.timeout, task.status);
  });

  it("can be cancelled, and is let go of again by the next shutdown", async () => {
    const other = { id: "build01:e3b0c44298fc1c14:2" };
    const stored = [storedTask("running"), storedTask("running", other)];
    const { tasks, now, remote } = await createNextWindow(stored);

    await tasks.cancelTask(now().id, { requestedBy: "tree", reason: "no longer needed" });
    await tasks.shutdown();

    assert.deepEqual([now().status, now(other.id).status], ["cancelled", "running"]);
    assert.deepEqual([remote(other.id).released, remote(other.id).climbs], [true, []]);
  });

  it("takes a place of its host, which the next gets at its end", async () => {
    const { hosts, start, remote } = await createNextWindow([storedTask("running")], undefined, {
      limits: { maxRunningPerHost: 1 },
    });
    const next = await start();
    assert.equal(hosts.launched.length, 0);

    remote().exit(0);
    await settle();

    assert.equal(hosts.last.taskId, next.id);
  });
});

describe("a durable task whose start was not heard of when its window was closed", () => {
  it("is followed from its beginning, and runs once its host says so", async () => {
    const { hosts, now, remote, store } = await createNextWindow([storedTask("pending")]);
    const { follow, process, from } = hosts.adopted[0]?.adoption ?? {};
    assert.deepEqual([follow, process], [true, undefined]);
    assert.deepEqual(from, { stdout: 0, stderr: 0 });
    assert.equal(now().status, "pending");

    remote().run();
    remote().write("stdout", "all\n");
    await settle();

    assert.equal(now().status, "running");
    const kept = store.find(now().id);
    assert.equal(kept?.process?.pid, 4711);
    assert.deepEqual(remote().climbs, []);
    remote().exit(0);
    await settle();
    assert.equal(now().status, "completed");
  });

  for (const { says, status } of [
    { says: "has nothing of it", status: "cancelled" },
    { says: "says nothing of it", status: "failed" },
  ]) {
    it(`is kept from running later where its host ${says}`, async () => {
      const { now, remote, store } = await createNextWindow([storedTask("pending")]);
      const error = new Error(`It ${says}.`);
      remote().onCancel = () => Promise.resolve(reports.neverRan);

      if (says === "has nothing of it") remote().loseSupervisor(error);
      else remote().loseConnection(error);
      await settle();

      const task = now();
      assert.deepEqual([task.status, "receipt" in task && task.receipt?.verified], [status, true]);
      assert.equal(remote().climbs.length, 1);
      assert.equal(store.find(task.id)?.task.status, status);
    });
  }
});

describe("what an earlier window left that does not go on by itself", () => {
  const unseen = [
    { what: "an attached pending task", stored: storedTask("pending", { durable: false }) },
    { what: "an attached running task", stored: storedTask("running", { durable: false }) },
  ];
  for (const { what, stored } of unseen) {
    it(`is cancelled by the shutdown and verified: ${what}`, async () => {
      const { now, remote, hosts, store } = await createNextWindow([stored]);

      const task = now();
      assert.ok(task.status === "cancelled", task.status);
      assert.deepEqual([task.receipt.requestedBy, task.receipt.verified], ["shutdown", true]);
      assert.equal(task.receipt.reason, "its window was closed");
      assert.equal(remote().climbs.length, 1);
      assert.equal(store.find(task.id)?.task.status, "cancelled");
      assert.equal(hosts.launched.length, 0);
    });

    it(`is never shown as cancelled unverified, and tried again later: ${what}`, async () => {
      const { now, remote, clock, events, hosts } = await createNextWindow(
        [stored],
        answerUnverified,
      );
      await clock.advance(10 * minute);
      assert.equal(now().status, "lost");
      assert.ok(events.every((task) => !isEnded(task)));

      remote().onCancel = () => Promise.resolve(remote().endTree());
      hosts.connect("build01");
      await settle();

      const task = now();
      assert.ok(task.status === "cancelled" && task.receipt.verified, task.status);
    });
  }

  it("is not followed where it was attached", async () => {
    const attached = storedTask("running", { durable: false });
    const { hosts } = await createNextWindow([attached]);

    assert.equal(hosts.adopted[0]?.adoption.follow, false);
  });
});

describe("a cancel that was under way when its window closed", () => {
  for (const durable of [true, false]) {
    const kind = durable ? "a durable" : "an attached";
    it(`goes on with the first reason and its time, of ${kind} task`, async () => {
      const { task: kept, ...rest } = storedTask("cancelling", { durable });
      assert.ok(kept.status === "cancelling");
      const cancel = { ...kept.cancel, requestedAt: createdAt - minute };
      const stored = { ...rest, task: { ...kept, cancel } };
      const { now, remote, clock } = await createNextWindow([stored], answerUnverified);
      assert.equal(now().status, "cancelling");

      remote().onCancel = () => Promise.resolve(remote().endTree());
      await clock.advance(minute);

      const task = now();
      assert.ok(task.status === "cancelled", task.status);
      const { requestedBy, reason, requestedAt, verified } = task.receipt;
      assert.deepEqual([requestedBy, reason, verified], ["tree", "no longer needed", true]);
      assert.equal(requestedAt, cancel.requestedAt);
      assert.equal(remote().climbs.length, 2);
    });
  }

  for (const { exitCode, status } of [
    { exitCode: 143, status: "cancelled" },
    { exitCode: 137, status: "cancelled" },
    { exitCode: 0, status: "completed" },
    { exitCode: 3, status: "failed" },
  ]) {
    it(`is ${status} where the task has ended meanwhile by ${exitCode}`, async () => {
      const { now } = await createNextWindow([storedTask("cancelling")], (remote) => {
        remote.exit(exitCode);
        remote.onCancel = () => Promise.resolve(reports.exitCameFirst);
      });

      assert.equal(now().status, status);
    });
  }

  it("is joined by who asks meanwhile, and keeps the place of the task", async () => {
    const { tasks, now, remote, start, hosts } = await createNextWindow(
      [storedTask("cancelling")],
      (adopted) => (adopted.onCancel = hang),
      { limits: { maxRunningPerHost: 1 } },
    );

    void tasks.cancelTask(now().id, { requestedBy: "palette", reason: "again", force: true });
    await start();

    assert.equal(remote().climbs.length, 1);
    assert.equal(remote().climbs[0]?.force.aborted, true);
    assert.equal(hosts.launched.length, 0);
  });
});

describe("a lost task of an earlier window", () => {
  it("is tried again when its host is reached, with the first reason", async () => {
    const { now, remote, hosts, clock } = await createNextWindow([storedTask("lost")]);
    await clock.advance(minute);
    assert.deepEqual([now().status, remote().climbs], ["lost", []]);

    hosts.connect("build01");
    await settle();

    const task = now();
    assert.ok(task.status === "cancelled", task.status);
    assert.deepEqual([task.receipt.requestedBy, task.receipt.verified], ["tree", true]);
  });

  it("takes nobody's place", async () => {
    const { hosts, start } = await createNextWindow([storedTask("lost")], undefined, {
      limits: { maxRunningPerHost: 1 },
    });

    const next = await start();

    assert.equal(hosts.last.taskId, next.id);
  });

  it("is left alone where nobody has asked for its end, until somebody does", async () => {
    const { task, ...rest } = storedTask("lost");
    assert.ok(task.status === "lost");
    const { cancel: _, receipt: __, ...facts } = task;
    const unasked = { ...rest, task: { ...facts, error: new Error("Killed.") } };
    const { tasks, now, remote, hosts } = await createNextWindow([unasked]);
    hosts.connect("build01");
    await settle();
    assert.deepEqual([now().status, remote().climbs], ["lost", []]);

    await tasks.cancelTask(task.id, { requestedBy: "palette", reason: "now" });

    assert.equal(now().status, "cancelled");
  });
});
