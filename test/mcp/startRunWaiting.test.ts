import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Denial, RunGate, RunRequest } from "../../src/tasks/runGate";
import { eventually } from "../support/eventually";
import { openGate } from "../support/gates";
import { createMcp } from "./createMcp";

/** A gate at which requests wait until the test lets them in, or not. */
function closedGate() {
  const waiting: { request: RunRequest; decide: (denial: Denial | undefined) => void }[] = [];
  const gate: RunGate = {
    ...openGate,
    admit: (request) => new Promise((decide) => waiting.push({ request, decide })),
  };
  return { gate, first: () => eventually("one waits", () => waiting[0]) };
}

const alias = "build01";
const call = (name: string) => ({ name, arguments: { alias, command: "uptime" } });

for (const tool of ["ssh_run", "ssh_run_async"]) {
  describe(`${tool} that waits for the person`, () => {
    it("says so every five seconds until there is an answer", async (t) => {
      const { gate, first } = closedGate();
      const { client, clock } = await createMcp(t, { gate });
      const told: [number, string | undefined][] = [];
      const onprogress = (progress: { progress: number; message?: string | undefined }) =>
        told.push([progress.progress, progress.message]);
      const answered = client.callTool(call(tool), undefined, { onprogress });
      const { decide } = await first();

      await clock.advance(4999);
      await clock.advance(5001);

      await eventually("two are told", () => told.length === 2);
      const message = `waiting for the user to allow it on ${alias}`;
      assert.deepEqual(told, [
        [5, message],
        [10, message],
      ]);
      const timers = clock.pendingTimers;
      decide({ reason: "consent", hint: "No." });
      assert.equal((await answered).isError, true);
      assert.equal(clock.pendingTimers, timers - 1);
    });

    it("tells the gate that it is taken back, and cancels at once what is let in after that", async (t) => {
      const { gate, first } = closedGate();
      const { call: run, tasks } = await createMcp(t, { gate });
      const stop = new AbortController();
      const stopped = assert.rejects(run(tool, call(tool).arguments, stop.signal), /AbortError/);
      const { request, decide } = await first();

      stop.abort();

      await stopped;
      await eventually("the gate is told", () => request.takenBack.aborted);
      decide(undefined);
      await eventually("what was let in is cancelled", () => {
        const [task] = tasks.listTasks();
        return task?.status === "cancelled";
      });
    });
  });
}
