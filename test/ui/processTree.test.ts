import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { processTree } from "../../src/ui/processTree";
import type { HostProcess } from "../../src/tasks/remoteHost";

function createProcess(pid: number, parent: number): HostProcess {
  return { pid, parent, user: "dev", ageSeconds: 1, command: `p${pid}` };
}

describe("the tree of processes", () => {
  it("has each below its parent, and those whose parent is not of the task at the left", () => {
    const processes = [
      createProcess(10, 1),
      createProcess(11, 10),
      createProcess(12, 1),
      createProcess(13, 11),
      createProcess(14, 10),
    ];

    const rows = processTree(processes).map(({ process, depth }) => [process.pid, depth]);

    assert.deepEqual(rows, [
      [10, 0],
      [11, 1],
      [13, 2],
      [14, 1],
      [12, 0],
    ]);
  });

  it("has every process once, whatever a host says of their parents", () => {
    const pairs = fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 12 });
    fc.assert(
      fc.property(pairs, (pairs) => {
        const processes = pairs.map(([pid, parent]) => createProcess(pid, parent));

        const pids = processTree(processes).map(({ process }) => process.pid);

        const expected = new Set(processes.map(({ pid }) => pid));
        assert.deepEqual([...pids].sort(), [...expected].sort());
      }),
    );
  });
});
