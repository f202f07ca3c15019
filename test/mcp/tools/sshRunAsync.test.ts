import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMcp } from "../createMcp";

const run = { alias: "build01", command: "sleep 600" };

describe("ssh_run_async", () => {
  it("answers at once with the id and how to go on", async (t) => {
    const { ask, hosts } = await createMcp(t);

    const answer = await ask("ssh_run_async", run);

    const expected = {
      task_id: hosts.last.taskId,
      status: "pending",
      keepAlive: 3600,
      pollFrequency: 5,
      alias: "build01",
      command: "sleep 600",
      hash: "d672adee5d4c7b2f",
    };
    assert.equal(JSON.stringify(answer), JSON.stringify(expected));
    assert.match(String(answer.task_id), /^build01:d672adee5d4c7b2f:\d{16}$/);
  });

  it("sets no limit unless max_seconds says so", async (t) => {
    const { ask, tasks } = await createMcp(t);
    const limitOf = async (args: object): Promise<number | undefined> => {
      const { task_id } = await ask("ssh_run_async", { ...run, ...args });
      return tasks.getTask(String(task_id))?.maxSeconds;
    };

    assert.equal(await limitOf({}), 0);
    assert.equal(await limitOf({ max_seconds: 600 }), 600);
  });
});
