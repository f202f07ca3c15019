import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMcp, type Fields } from "../createMcp";

const tool = "ssh_list_tasks";

interface Listed {
  readonly tasks: readonly Fields[];
  readonly total: number;
}

async function createThree(...args: Parameters<typeof createMcp>) {
  const harness = await createMcp(...args);
  const ended = await harness.startRunning({ command: "make" });
  await harness.clock.advance(1000);
  ended.remote.exit(2);
  const running = await harness.startRunning({ alias: "web.example.com", command: "tail -f log" });
  await harness.clock.advance(500);
  const pending = await harness.start({ command: "é".repeat(300) });
  const list = async (filters?: Fields): Promise<Listed> =>
    (await harness.ask(tool, filters)) as unknown as Listed;
  return { ...harness, ids: [ended.task.id, running.task.id, pending.id], list };
}

describe("ssh_list_tasks", () => {
  it("lists the newest first, in few words", async (t) => {
    const { ids, list } = await createThree(t);

    const listed = await list();

    assert.equal(
      JSON.stringify(listed),
      JSON.stringify({
        tasks: [
          {
            task_id: ids[2],
            status: "pending",
            alias: "build01",
            command: `${"é".repeat(200)}…`,
            elapsed_ms: 0,
          },
          {
            task_id: ids[1],
            status: "running",
            alias: "web.example.com",
            command: "tail -f log",
            elapsed_ms: 500,
          },
          {
            task_id: ids[0],
            status: "failed",
            alias: "build01",
            command: "make",
            elapsed_ms: 1000,
            exit_code: 2,
          },
        ],
        total: 3,
      }),
    );
  });

  const filters: [Fields, number[], number][] = [
    [{ status: "running" }, [1], 1],
    [{ status: " failed " }, [0], 1],
    [{ status: "completed" }, [], 0],
    [{ alias: "build01" }, [2, 0], 2],
    [{ alias: " web.example.com " }, [1], 1],
    [{ alias: "build01", status: "pending" }, [2], 1],
    [{ alias: "nowhere" }, [], 0],
    [{ alias: "\x1c", status: "\x1f" }, [2, 1, 0], 3],
    [{ alias: "\x1dbuild01\x1c", status: "\x1cpending\x1f" }, [2], 1],
    [{ limit: 1 }, [2], 3],
    [{ limit: "2" }, [2, 1], 3],
    [{ alias: "build01", limit: 1 }, [2], 2],
  ];
  for (const [args, expected, total] of filters) {
    it(`gives ${expected.length} of ${total} for ${JSON.stringify(args)}`, async (t) => {
      const { ids, list } = await createThree(t);

      const listed = await list(args);

      assert.deepEqual(
        listed.tasks.map((task) => task.task_id),
        expected.map((index) => ids[index]),
      );
      assert.equal(listed.total, total);
    });
  }

  it("lists 50 unless told otherwise, and 200 at the most", async (t) => {
    const { start, ask, fail } = await createMcp(t, { limits: { maxWaiting: 300 } });
    for (let i = 0; i < 210; i++) await start();
    const count = async (args?: Fields): Promise<number> =>
      ((await ask(tool, args)) as unknown as Listed).tasks.length;

    assert.equal(await count(), 50);
    assert.equal(await count({ limit: 200 }), 200);
    const range = "Error: limit must be between 1 and 200";
    assert.equal(await fail(tool, { limit: 201 }), range);
    assert.equal(await fail(tool, { limit: 0 }), range);
  });

  it("refuses a status there is not, and names those there are", async (t) => {
    const { fail } = await createMcp(t);

    assert.equal(
      await fail(tool, { status: "done" }),
      "Error: status must be one of pending, running, cancelling, lost, completed, failed, cancelled, or empty for all",
    );
    for (const alias of ["a b", "\ufeff"]) {
      assert.match(await fail(tool, { alias }), /^Error: alias contains invalid characters/);
    }
  });
});
