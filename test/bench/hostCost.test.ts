import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, it } from "node:test";
import { endProcessGroup } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import { costOf, countIn, cpuSeconds } from "./hostCost";

describe("what tasks cost their host", () => {
  it("is refused for tasks that are not all there", () => {
    assert.throws(() => costOf(["bench:0:1"]), /^Error: 0 of 1 tasks are on the host$/);
  });

  it("is what waits for each, with all below it and their sessions", async () => {
    // Perl says who it is as a supervisor does; another name in its place is all that counts here.
    const task = `exec -a "ssh-tasks bench:0:2" bash -c 'sleep 60 & wait'`;
    const child = spawn("bash", ["-c", task], { detached: true, stdio: "ignore" });
    try {
      const cost = await eventually("both run", () => {
        const found = costOf(["bench:0:2"]);
        return found.processes === 2 && found;
      });

      assert.deepEqual([...cost.sessions], [child.pid]);
      assert.equal(cost.supervisorMiB.filter((miB) => miB > 0.1).length, 1);
      assert.equal(countIn(cost.sessions), 2);
    } finally {
      await endProcessGroup(child);
    }
  });

  it("is processor time, in seconds", () => {
    const { user, system } = process.cpuUsage();

    assert.ok(Math.abs(cpuSeconds(process.pid) - (user + system) / 1e6) < 0.1);
  });
});
