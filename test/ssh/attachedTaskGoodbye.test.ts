import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { AttachedTask } from "../../src/ssh/attachedTask";
import { endHeard } from "../../src/ssh/remoteScripts";
import { defaultLimits } from "../../src/tasks/limits";
import { eventually } from "../support/eventually";
import { startScriptedTaskHost } from "../support/scriptedTaskHost";

const climb = { graceSeconds: 0, force: new AbortController().signal };

/** A task that its host has said runs. */
async function createRunning(t: TestContext) {
  const host = await startScriptedTaskHost(t);
  const task = new AttachedTask(
    { alias: "scripted", limits: defaultLimits, pool: Promise.resolve(host.pool) },
    {
      taskId: "scripted:1:1",
      command: "true",
      admit: () => Promise.resolve(),
      onOutput: () => undefined,
    },
  );
  t.after(() => task.release());
  const shell = await eventually("its script has come", () => host.shells[0]);
  shell.say("BEGIN 11 22 boot 10 reaper");
  shell.channel.stderr.write(`\n${shell.nonce} BEGIN\n`);
  await task.started;
  const end = (): void => {
    shell.say("END 0 0");
    shell.channel.stderr.write(`\n${shell.nonce} END 0 0\n`);
  };
  return { ...host, task, shell, end };
}

describe("the end of a task on its host", { timeout: 60_000 }, () => {
  it("is told to be heard at once where no cancel was asked for", async (t) => {
    const { task, shell, end } = await createRunning(t);

    end();

    assert.deepEqual(await task.ended, { kind: "exited", exitCode: 0, leftRunning: 0 });
    await eventually("the host is told", () => shell.sent() === endHeard);
  });

  it("is told to be heard once a cancel that was asked for before is answered, and not earlier", async (t) => {
    const { task, shell, end, requests } = await createRunning(t);
    const cancelling = task.cancel(climb);
    const request = await eventually("it is asked", () => requests[0]);
    request.shell.answer(request.line, "BEGIN", "FOUND 1 1");

    end();
    await task.ended;
    task.release();
    // It comes over the same connection: after a goodbye that was said too early.
    const listing = task.listProcesses();
    const list = await eventually("another request comes", () => requests[1]);
    const early = shell.sent();
    list.shell.answer(list.line, "BEGIN", "END listed");
    assert.deepEqual(await listing, []);
    request.shell.answer(request.line, "END gone");
    assert.equal((await cancelling).gone, true);
    await eventually("the host is told", () => shell.sent() === endHeard);
    assert.equal(early, "");
  });

  it("is told to be heard also after a cancel that failed", async (t) => {
    const { task, shell, end, requests } = await createRunning(t);
    const failing = assert.rejects(task.cancel(climb), /lost/);
    const first = await eventually("it is asked", () => requests[0]);

    end();
    await task.ended;
    first.shell.channel.end();
    const second = await eventually("it is asked again", () => requests[1]);
    second.shell.channel.end();

    await failing;
    await eventually("the host is told", () => shell.sent() === endHeard);
  });
});
