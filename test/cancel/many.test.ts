import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { after, before, describe, it, type TestContext } from "node:test";
import { createCancelHarness, findMentions, type CancelHarness } from "../support/cancelHarness";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, listProcesses, uniqueMarker } from "../support/processes";

/** Three ways to be a child, the second an orphan in a session of its own. */
const tree = (marker: string): string =>
  `sleep ${marker}1 & (setsid sleep ${marker}2 &); sleep ${marker}3; exit`;
const treeSize = 3;

/** The sockets that this process has open. */
function countSockets(): number {
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("socket:");
    } catch {
      return false; // closed since it was listed
    }
  }).length;
}

describe("many cancels on one host leave nothing behind", { timeout: 240_000 }, () => {
  let host: CancelHarness;
  let socketsBefore: number;
  before(async () => {
    host = await createCancelHarness({
      // 54 tasks and a shell for cancels: all the sessions that OpenSSH takes on six connections, but for a few.
      limits: {
        maxRunningPerHost: 100,
        maxConnectionsPerHost: 6,
        maxTasksPerConnection: 9,
        idleConnectionSeconds: 1,
      },
    });
    socketsBefore = countSockets();
  });
  after(() => host.close());

  const cancel = async (id: string, marker: string): Promise<void> => {
    await host.ssh.cancel(id, { graceSeconds: 0 });
    // The answer comes after ten seconds at the latest, which many at once may take on a busy machine.
    const task = await eventually("it is cancelled", () => endOf(id), 60_000);
    assert.equal(countOf(marker), 0);
    assert.equal(task.receipt.verified, true);
    // Its shell too.
    assert.equal(task.receipt.processesFound, treeSize + 1);
  };
  const endOf = (id: string) => {
    const task = host.ssh.tasks.getTask(id);
    return task?.status === "cancelled" && task;
  };
  const assertNothingLeft = async (ids: readonly string[]): Promise<void> => {
    await eventually("no folder is left", () => host.folders().length === 0);
    await eventually("no process waits for a task", () => ids.every(isUnmentioned));
    // Its connections are idle, and close after a second.
    await eventually("no channel is left", () => host.ssh.sshd.commands().length === 0);
    await eventually("no process of a session is left", () => host.processes().length === 0);
    await eventually("no socket is left", () => countSockets() === socketsBefore);
    assert.ok(ids.every((id) => host.ssh.tasks.getTask(id)?.status === "cancelled"));
  };
  const isUnmentioned = (id: string): boolean => findMentions(id).length === 0;

  it("200 in a row, which takes a minute", { timeout: 180_000 }, async (t) => {
    const base = uniqueMarker();
    t.after(() => killAll(base));
    const ids: string[] = [];
    for (let n = 0; n < 200; n++) {
      const marker = markerOf(base, n);
      const id = await host.ssh.start(tree(marker));
      await eventually("its tree runs", () => countOf(marker) === treeSize);
      ids.push(id);
      await cancel(id, marker);
      assert.ok(host.ssh.sshd.commands().length <= 3, "no channel is left of those before");
    }

    await assertNothingLeft(ids);
  });

  for (const { count, durable } of [
    { count: 50, durable: false },
    { count: 100, durable: true },
  ]) {
    const title = `${count} at once, ${durable ? "durable" : "attached"}, with few looks under way`;
    it(title, { timeout: 120_000 }, async (t) => {
      const base = uniqueMarker();
      t.after(() => killAll(base));
      const markers = Array.from({ length: count }, (_, n) => markerOf(base, n));
      const start = (marker: string) => host.ssh.start(tree(marker), { durable });
      const ids = await Promise.all(markers.map(start));
      const all = (): boolean => findProcesses(base).length === count * treeSize;
      await eventually("all trees run", all, 60_000);
      const looks = watchLooks(t);

      await Promise.all(ids.map((id, n) => cancel(id, String(markers[n]))));

      assert.ok(looks.most > 0 && looks.most <= maxLooks, `${looks.most} looks at a time`);
      if (durable) host.ssh.tasks.clearFinished();
      else await assertNothingLeft(ids);
      await eventually("no folder is left", () => host.folders().length === 0);
    });
  }
});

/** As in control.sh. */
const maxLooks = 8;

/** The most looks at all processes (members.sh) that one shell has under way at a time: the awk of each says whose it is. */
function watchLooks(t: TestContext) {
  const looks = { most: 0 };
  const timer = setInterval(() => {
    const shells = listProcesses().flatMap(({ argv }) =>
      argv.filter((word) => /^self=\d+$/.test(word)),
    );
    for (const shell of shells)
      looks.most = Math.max(looks.most, shells.filter((other) => other === shell).length);
  }, 20);
  t.after(() => clearInterval(timer));
  return looks;
}

/** The nth of a base, which finds all of them. */
function markerOf(base: string, n: number): string {
  return `${base}.${String(n).padStart(3, "0")}`;
}

function countOf(marker: string): number {
  return findProcesses(String(marker.split(".")[0])).filter(({ argv }) =>
    argv[1]?.startsWith(marker),
  ).length;
}
