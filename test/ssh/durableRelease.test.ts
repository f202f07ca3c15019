import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { notDurable, perlMissing } from "../../src/ssh/sshErrors";
import { startDurablePools, type DurablePools, type PooledTask } from "../support/durablePool";
import { eventually } from "../support/eventually";

/** Longer than the first pause before a task tries again to be followed. */
const pauseMs = 800;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs));

/** What the test lets pass when it likes. */
function createGate() {
  let open = (): void => undefined;
  let asked = 0;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const pass = async (): Promise<void> => {
    asked++;
    await opened;
  };
  return { pass, open: () => open(), asked: () => asked };
}

/** A lease that is left would keep its connection open; a retry would ask for another one. */
async function leavesNothing({ asked, pool }: PooledTask): Promise<void> {
  await Promise.allSettled(asked);
  await eventually("no connection is in use", () => !pool.hasOpenConnection, 5000);
  await pause();
  assert.deepEqual([asked.length, pool.hasOpenConnection], [1, false]);
}

describe("a durable task that is let go of", { timeout: 60_000 }, () => {
  let pools: DurablePools;
  before(async () => (pools = await startDurablePools()));
  after(() => pools.close());

  it("while it is being connected has no lease and is not started", async () => {
    const gate = createGate();
    const task = pools.start({ connection: gate.pass });
    await eventually("it connects", () => gate.asked() === 1);

    task.remote.release();
    gate.open();

    await leavesNothing(task);
    assert.equal((await task.remote.ended).kind, "neverRan");
    assert.equal(task.hasRun(), false);
  });

  for (const [what, failure] of [
    ["is opened", undefined],
    ["is refused for a host without perl", perlMissing("build01")],
    ["is refused for a host that can keep no task", notDurable("build01", "it has no POSIX shell")],
  ] as const) {
    it(`while its channel ${what} has no lease and is not started`, async () => {
      const gate = createGate();
      const channel = async (): Promise<void> => {
        await gate.pass();
        if (failure) throw failure;
      };
      let admitted = 0;
      const admit = (): Promise<void> => {
        admitted++;
        return Promise.resolve();
      };
      const task = pools.start({ channel }, { admit });
      await eventually("its channel is asked for", () => gate.asked() === 1);

      task.remote.release();
      gate.open();

      await leavesNothing(task);
      assert.deepEqual([task.hasRun(), admitted], [false, 0]);
    });
  }

  it("while it waits to be admitted has no lease and is not started", async () => {
    const gate = createGate();
    const task = pools.start({}, { admit: gate.pass });
    await eventually("it waits", () => gate.asked() === 1);

    task.remote.release();

    await leavesNothing(task);
    gate.open();
    await pause();
    assert.equal(task.hasRun(), false);
  });

  it("when its host was asked to start it has no lease", async () => {
    const task = pools.start({});
    await task.remote.started;

    task.remote.release();

    await leavesNothing(task);
    await eventually("it runs on", task.hasRun);
  });

  it("while it waits to try again does not try again", async () => {
    const refuse = (): Promise<void> => Promise.reject(new Error("refused"));
    let links = 0;
    const task = pools.start({ connection: refuse, adopted: {} }, { onLink: () => links++ });
    await eventually("it was refused", () => links === 1);

    task.remote.release();

    await leavesNothing(task);
  });
});
