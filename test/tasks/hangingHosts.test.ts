import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTasks } from "../support/createTasks";
import { settle } from "../support/fakeClock";

const hanging = ["hangs1", "hangs2", "hangs3"];

async function createWithHangingHosts() {
  const limits = { maxRunning: 2, maxRunningPerHost: 4, maxWaiting: 5 };
  const harness = createTasks({ aliases: [...hanging, "build01"], limits });
  for (const alias of hanging) harness.hosts.hanging.add(alias);
  const stuck = [];
  for (const alias of hanging) {
    for (let k = 0; k < 4; k++) stuck.push(await harness.start({ alias }));
  }
  return { ...harness, stuck };
}

describe("hosts that hang", () => {
  it("keep no task from running on another one, whatever the number of tasks they hold", async () => {
    const { startRunning, tasks } = await createWithHangingHosts();

    const { task } = await startRunning({ alias: "build01" });

    assert.equal(tasks.getTask(task.id)?.status, "running");
  });

  it("leave their tasks pending, and each can be cancelled at once", async () => {
    const { tasks, stuck, start } = await createWithHangingHosts();
    const queued = await start({ alias: "hangs1" });

    for (const { id } of [...stuck, queued]) {
      assert.equal(tasks.getTask(id)?.status, "pending");
      const { task } = await tasks.cancelTask(id, { requestedBy: "tree", reason: "test" });

      assert.equal(task?.status, "cancelled");
    }
  });

  it("take no place among those that run when they turn out to be ready after all", async () => {
    const { startRunning, hosts, tasks, stuck } = await createWithHangingHosts();
    await startRunning({ alias: "build01" });
    const { remote } = await startRunning({ alias: "build01" });
    const late = hosts.of(stuck[0]?.id ?? "");

    void late.becomeReady();
    await settle();
    assert.throws(() => late.run(), /was not admitted/);
    remote.exit(0);
    await settle();
    late.run();
    await settle();

    assert.equal(tasks.getTask(late.taskId)?.status, "running");
  });
});
