import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { TaskControl } from "../../src/ssh/taskControl";
import { eventually } from "../support/eventually";
import { startScriptedTaskHost } from "../support/scriptedTaskHost";

const climb = { graceSeconds: 0, force: new AbortController().signal };
const target = {
  taskId: "scripted:1:1",
  leader: "",
  bootId: "",
  supervisor: "",
  reaper: "",
};

/** The first request of a cancel is never answered; `answer` is what the second gets. */
async function cancelTwice(t: TestContext, ...answer: readonly string[]) {
  const host = await startScriptedTaskHost(t);
  await host.pool.leaseForTask({ signal: climb.force, starts: true });
  const control = new TaskControl("scripted", Promise.resolve(host.pool));
  const cancelling = control.cancel(target, climb);
  const second = await eventually("it is asked again", () => host.requests[1]);
  second.shell.answer(second.line, "BEGIN", ...answer);
  return { report: await cancelling, ...host };
}

describe("a cancel whose first request was not answered", { timeout: 60_000 }, () => {
  it("is asked again over another shell, once", async (t) => {
    const { requests } = await cancelTwice(t, "FOUND 0 0", "END gone");

    assert.equal(requests.length, 2);
    assert.notEqual(requests[0]?.shell, requests[1]?.shell);
  });

  it("never says that the command did not run, as the first may have shut the gate behind it", async (t) => {
    const { report } = await cancelTwice(t, "END never");

    assert.deepEqual(
      [report.gone, report.neverRan, report.mainProcessFound],
      [true, false, undefined],
    );
  });

  it("does not say that the main process had ended by itself, which the first may have ended", async (t) => {
    const { report } = await cancelTwice(t, "FOUND 0 0", "END gone");

    assert.deepEqual([report.gone, report.mainProcessFound], [true, undefined]);
  });

  it("knows of the main process that the second has found itself", async (t) => {
    const { report } = await cancelTwice(t, "FOUND 2 1", "END gone");

    assert.deepEqual([report.gone, report.mainProcessFound], [true, true]);
  });
});

describe("a cancel that is answered at once", { timeout: 60_000 }, () => {
  it("says that the command never ran, where the host says so", async (t) => {
    const host = await startScriptedTaskHost(t);
    await host.pool.leaseForTask({ signal: climb.force, starts: true });
    const control = new TaskControl("scripted", Promise.resolve(host.pool));
    const cancelling = control.cancel(target, climb);

    const first = await eventually("it is asked", () => host.requests[0]);
    first.shell.answer(first.line, "BEGIN", "END never");

    const report = await cancelling;
    assert.deepEqual([report.neverRan, report.mainProcessFound], [true, false]);
  });
});
