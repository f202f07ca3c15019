import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Task } from "../../src/tasks/task";
import { Emitter } from "../../src/tasks/lifecycle";
import { waitForTask, type WaitOptions } from "../../src/tasks/waitForTask";
import { FakeClock, settle } from "../support/fakeClock";
import { createTask, statuses } from "./samples";

const id = createTask("running").id;

/** One task as waitForTask sees it, counting who listens. */
function createWait(status: Task["status"] = "running") {
  const clock = new FakeClock();
  const fail = (error: unknown): never => assert.fail(String(error));
  const changed = new Emitter<Task>(fail);
  const removed = new Emitter<string>(fail);
  const signal = new CountingSignal();
  let listeners = 0;
  let task: Task | undefined = createTask(status);
  const counted =
    <T>(emitter: Emitter<T>) =>
    (listener: (value: T) => void) => {
      const subscription = emitter.event(listener);
      listeners++;
      return {
        dispose: () => {
          listeners--;
          subscription.dispose();
        },
      };
    };
  const tasks = {
    getTask: (taskId: string) => (taskId === id ? task : undefined),
    onDidChangeTask: counted(changed),
    onDidRemoveTask: counted(removed),
  };
  return {
    clock,
    signal,
    wait: (options: WaitOptions = {}) => waitForTask(tasks, clock, id, options),
    waitForOther: () => waitForTask(tasks, clock, "unknown", {}),
    change: (next: Task["status"]) => {
      task = createTask(next);
      changed.fire(task);
    },
    changeOther: () => changed.fire({ ...createTask("completed"), id: "other" }),
    remove: () => {
      task = undefined;
      removed.fire(id);
    },
    removeOther: () => removed.fire("other"),
    /** Everything the wait holds on to. */
    held: () => listeners + clock.pendingTimers + signal.listeners,
  };
}

/** An abort signal that counts who listens to it. */
class CountingSignal {
  listeners = 0;
  private readonly controller = new AbortController();

  get signal(): AbortSignal {
    const { signal } = this.controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (type: string, listener: () => void) => {
      this.listeners++;
      add(type, listener);
    };
    signal.removeEventListener = (type: string, listener: () => void) => {
      this.listeners--;
      remove(type, listener);
    };
    return signal;
  }

  abort(): void {
    this.controller.abort();
  }
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  void promise.finally(() => (pending = false));
  await settle();
  return pending;
}

describe("waiting for a task", () => {
  for (const status of statuses) {
    const settled = !["pending", "running", "cancelling"].includes(status);

    it(`${settled ? "is over at once" : "goes on"} when it is ${status}`, async () => {
      const { wait, held } = createWait(status);

      const waiting = wait();

      assert.equal(await isPending(waiting), !settled);
      assert.equal(held() === 0, settled);
    });
  }

  for (const status of ["completed", "failed", "cancelled", "lost"] as const) {
    it(`ends with the task when that is ${status}, and holds on to nothing`, async () => {
      const { wait, signal, change, held } = createWait();
      const waiting = wait({ timeoutMs: 1000, signal: signal.signal });

      change("cancelling");
      assert.equal(await isPending(waiting), true);
      change(status);

      assert.equal((await waiting)?.status, status);
      assert.equal(held(), 0);
    });
  }

  it("knows at once that there is no such task", async () => {
    assert.equal(await createWait().waitForOther(), undefined);
  });

  it("doesn't mind what other tasks do", async () => {
    const { wait, changeOther, removeOther } = createWait();
    const waiting = wait();

    changeOther();
    removeOther();

    assert.equal(await isPending(waiting), true);
  });

  it("ends when its time is over, with the task as it is, and holds on to nothing", async () => {
    const { clock, wait, signal, held } = createWait();
    const waiting = wait({ timeoutMs: 1000, signal: signal.signal });

    await clock.advance(999);
    assert.equal(await isPending(waiting), true);
    await clock.advance(1);

    assert.equal((await waiting)?.status, "running");
    assert.equal(held(), 0);
  });

  it("sets no timer when it may take for ever", () => {
    const { clock, wait } = createWait();

    void wait();

    assert.equal(clock.pendingTimers, 0);
  });

  it("ends when it is aborted, with the task as it is, and holds on to nothing", async () => {
    const { wait, signal, held } = createWait();
    const waiting = wait({ timeoutMs: 1000, signal: signal.signal });

    signal.abort();

    assert.equal((await waiting)?.status, "running");
    assert.equal(held(), 0);
  });

  it("doesn't begin when it is aborted already", async () => {
    const { wait, held } = createWait();

    const task = await wait({ signal: AbortSignal.abort() });

    assert.equal(task?.status, "running");
    assert.equal(held(), 0);
  });

  it("ends with nothing when the task is removed, and holds on to nothing", async () => {
    const { wait, signal, remove, held } = createWait();
    const waiting = wait({ timeoutMs: 1000, signal: signal.signal });

    remove();

    assert.equal(await waiting, undefined);
    assert.equal(held(), 0);
  });
});
