import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { notDurable } from "../../src/ssh/sshErrors";
import { startDurablePools, type DurablePools } from "../support/durablePool";
import { eventually } from "../support/eventually";

/** Fails the nth channels that are asked for, as a host does that can start no shell in that moment. */
function refusing(...numbers: readonly number[]): () => Promise<void> {
  let asked = 0;
  return () =>
    numbers.includes(++asked)
      ? Promise.reject(notDurable("build01", "it has no POSIX shell"))
      : Promise.resolve();
}

describe("a durable task whose host opens no shell for once", { timeout: 60_000 }, () => {
  let pools: DurablePools;
  before(async () => (pools = await startDurablePools()));
  after(() => pools.close());

  it("is followed again when it runs, and not taken for one that never ran", async () => {
    let text = "";
    const task = pools.start(
      { channel: refusing(2, 3) },
      {
        command: "echo a; sleep 2; echo b; exit 5",
        onOutput: (_, bytes) => (text += bytes.toString()),
      },
    );
    await eventually("it prints", () => text === "a\n");

    (await task.asked[0])?.end();

    assert.deepEqual(await task.remote.ended, { kind: "exited", exitCode: 5 });
    assert.equal(text, "a\nb\n");
    assert.equal((await task.remote.started)?.attachedBecause, undefined);
  });

  it("is followed again when another window has started it", async () => {
    const first = pools.start({}, { command: "sleep 1; exit 6" });
    const process = await first.remote.started;
    assert.ok(process);
    first.remote.release();

    const { taskId } = first;
    const { remote } = pools.start({ channel: refusing(1), adopted: { taskId, process } });

    assert.deepEqual(await remote.ended, { kind: "exited", exitCode: 6 });
  });

  it("is lost when nobody knows whether it was ever started", async () => {
    const links: boolean[] = [];
    const onLink = (connected: boolean): void => void links.push(connected);
    const { remote } = pools.start({ channel: refusing(1), adopted: {} }, { onLink });

    assert.equal((await remote.ended).kind, "lost");
    assert.deepEqual(links, [], "it is not tried again");
  });

  it("runs attached when it has not begun, and says why", async () => {
    const { remote, hasRun } = pools.start({ channel: refusing(1) });

    assert.deepEqual(await remote.ended, { kind: "exited", exitCode: 0, leftRunning: 0 });
    const because = "build01 can't keep a task beyond its connection: it has no POSIX shell.";
    assert.equal((await remote.started)?.attachedBecause, because);
    assert.equal(hasRun(), true);
  });
});
