import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CancelRequest } from "../../src/tasks/cancelReceipt";
import { isEnded, type EndedTask } from "../../src/tasks/task";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import { reports, whenForced } from "../support/fakeRemoteHost";

const stop: CancelRequest = { requestedBy: "tree", reason: "left over" };

/** A task that has ended with this exit code and left this many processes; below 0 they could not be counted. */
async function createLeftovers({ exitCode = 0, left = 2 } = {}) {
  const harness = createTasks({ limits: { graceSeconds: 7 } });
  const { task, remote } = await harness.startRunning();
  remote.exit(exitCode, undefined, left < 0 ? undefined : left);
  await settle();
  const { tasks, clock } = harness;
  const endOf = (): EndedTask => {
    const now = tasks.getTask(task.id);
    assert.ok(now && isEnded(now), `it is ${now?.status ?? "unknown"}`);
    return now;
  };
  remote.onCancel = () =>
    Promise.resolve({ ...reports.gone(clock.now()), mainProcessFound: false });
  return { ...harness, id: task.id, remote, endOf };
}

describe("what an ended task left running", () => {
  for (const exitCode of [0, 3]) {
    it(`is counted, and ended by one climb that leaves exit code ${exitCode} as it is`, async () => {
      const { tasks, id, remote, endOf, clock } = await createLeftovers({ exitCode });
      const before = endOf();
      await clock.advance(1000);

      const receipt = await tasks.stopLeftovers(id, stop);

      const after = endOf();
      assert.equal(before.leftRunning, 2);
      assert.deepEqual([after.status, after.leftRunning], [before.status, 0]);
      assert.deepEqual([after.endedAt, after.receipt], [before.endedAt, receipt]);
      assert.deepEqual([receipt?.verified, receipt?.requestedBy], [true, "tree"]);
      assert.deepEqual(
        remote.climbs.map(({ graceSeconds }) => graceSeconds),
        [7],
      );
    });
  }

  it("stays counted while it is not verified that it is gone, and can be tried again", async () => {
    const { tasks, id, remote, endOf, clock } = await createLeftovers();
    const { onCancel } = remote;
    remote.onCancel = () => Promise.resolve(reports.left(clock.now()));

    const first = await tasks.stopLeftovers(id, stop);
    assert.deepEqual([first?.verified, endOf().leftRunning], [false, 2]);
    remote.onCancel = onCancel;
    const second = await tasks.stopLeftovers(id, stop);

    assert.deepEqual([second?.verified, endOf().leftRunning], [true, 0]);
  });

  it("is ended once, however many ask", async () => {
    const { tasks, id, remote } = await createLeftovers();

    const receipts = await Promise.all([1, 2, 3].map(() => tasks.stopLeftovers(id, stop)));

    assert.equal(remote.climbs.length, 1);
    assert.equal(new Set(receipts).size, 1);
  });

  it("is forced by a second request", async () => {
    const { tasks, id, remote, clock } = await createLeftovers();
    remote.onCancel = (climb) => whenForced(climb, () => reports.gone(clock.now()));
    const first = tasks.stopLeftovers(id, stop);

    void tasks.stopLeftovers(id, { ...stop, force: true });
    await settle();

    assert.equal(remote.climbs[0]?.force.aborted, true);
    assert.equal((await first)?.verified, true);
  });

  it("does not reject where the host can't be reached", async () => {
    const { tasks, id, remote, endOf } = await createLeftovers();
    remote.onCancel = () => Promise.reject(new Error("no route"));

    const receipt = await tasks.stopLeftovers(id, stop);

    assert.deepEqual([receipt?.verified, receipt?.unverifiedBecause], [false, "no route"]);
    assert.equal(endOf().leftRunning, 2);
  });

  for (const [what, left] of [
    ["nothing", 0],
    ["nobody knows what", -1],
  ] as const) {
    it(`is not asked for where it is ${what}`, async () => {
      const { tasks, id, remote } = await createLeftovers({ left });

      assert.equal(await tasks.stopLeftovers(id, stop), undefined);
      assert.deepEqual(remote.climbs, []);
    });
  }

  it("is not asked for of a task that runs, or that there is not, and a bad grace is refused", async () => {
    const { tasks, startRunning } = createTasks();
    const { task, remote } = await startRunning();

    assert.equal(await tasks.stopLeftovers(task.id, stop), undefined);
    assert.equal(await tasks.stopLeftovers("none", stop), undefined);
    assert.deepEqual(remote.climbs, []);
    await assert.rejects(tasks.stopLeftovers(task.id, { ...stop, graceSeconds: 31 }), {
      code: "invalidRequest",
    });
  });
});

describe("the processes of a task", () => {
  it("are those that its host lists, also after its end; none before its launch", async () => {
    const { tasks, id, remote } = await createLeftovers();
    const listed = [{ pid: 5, parent: 1, ageSeconds: 2, user: "dev", command: "sleep 60" }];
    remote.onList = () => Promise.resolve(listed);

    assert.deepEqual(await tasks.listProcesses(id), listed);
    assert.equal(await tasks.listProcesses("none"), undefined);
  });

  it("are none of a task that waits for its place", async () => {
    const { tasks, start, startRunning } = createTasks({ limits: { maxRunningPerHost: 1 } });
    await startRunning();
    const { id } = await start();

    assert.deepEqual(await tasks.listProcesses(id), []);
  });

  it("are an error where the host can't show them", async () => {
    const { tasks, id, remote } = await createLeftovers();
    remote.onList = () => Promise.reject(new Error("hidden"));

    await assert.rejects(tasks.listProcesses(id), /hidden/);
  });
});
