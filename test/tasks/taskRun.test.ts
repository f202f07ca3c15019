import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { CancelReport } from "../../src/tasks/remoteHost";
import { isEnded, type Task } from "../../src/tasks/task";
import { asError } from "../../src/tasks/taskError";
import { createTasks, type TasksHarness } from "../support/createTasks";
import { reports, type FakeRemoteTask } from "../support/fakeRemoteHost";
import { legalMoves } from "./samples";

/** One thing that can happen; `which` picks the task it happens to. */
type Stimulus =
  | { readonly kind: "start"; readonly maxSeconds: number }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "run" | "loseConnection" | "failToStart"; readonly which: number }
  | { readonly kind: "exit"; readonly which: number; readonly exitCode: number }
  | { readonly kind: "hostAnswers"; readonly which: number; readonly how: HostAnswer }
  | { readonly kind: "cancel"; readonly which: number; readonly graceSeconds: number }
  | { readonly kind: "force" | "releaseHanging"; readonly which: number };
type HostAnswer = "endsTree" | "rejects" | "leaves" | "provesNothing" | "hangs";

const which = fc.nat(5);
function stimulus<K extends Stimulus["kind"]>(kind: K) {
  return fc.constant(kind);
}
const stimuli: fc.Arbitrary<Stimulus> = fc.oneof(
  fc.record({ kind: stimulus("start"), maxSeconds: fc.constantFrom(0, 1, 60) }),
  fc.record({ kind: stimulus("advance"), ms: fc.constantFrom(0, 200, 1000, 10_000, 60_000) }),
  fc.record({
    kind: fc.constantFrom("run" as const, "run", "loseConnection", "failToStart"),
    which,
  }),
  fc.record({ kind: stimulus("exit"), which, exitCode: fc.constantFrom(0, 1) }),
  fc.record({
    kind: stimulus("hostAnswers"),
    which,
    how: fc.constantFrom<HostAnswer>("endsTree", "rejects", "leaves", "provesNothing", "hangs"),
  }),
  fc.record({ kind: stimulus("cancel"), which, graceSeconds: fc.constantFrom(0, 5) }),
  fc.record({ kind: fc.constantFrom("force" as const, "releaseHanging"), which }),
);

/** A few tasks on a host with two places, and everything that is promised of them, checked at every event. */
class World {
  readonly tasks: TasksHarness;
  private readonly last = new Map<string, Task>();
  private readonly ownExits = new Map<string, number>();
  private readonly hanging = new Map<string, () => void>();
  private broken: Error | undefined;

  constructor() {
    const limits = { maxRunningPerHost: 2, maxWaiting: 1000, maxKept: 1000, keepSeconds: 1e9 };
    this.tasks = createTasks({ limits });
    this.tasks.tasks.onDidChangeTask((task) => {
      try {
        this.check(task);
      } catch (error) {
        this.broken ??= asError(error);
      }
      this.last.set(task.id, task);
    });
  }

  async apply(stimulus: Stimulus): Promise<void> {
    const { tasks, hosts, clock, start } = this.tasks;
    if (stimulus.kind === "start") await start({ maxSeconds: stimulus.maxSeconds });
    else if (stimulus.kind === "advance") await clock.advance(stimulus.ms);
    else {
      const id = tasks.listTasks()[stimulus.which]?.id;
      const remote = hosts.launched.find(({ taskId }) => taskId === id);
      if (id && stimulus.kind === "cancel")
        this.cancel(id, { graceSeconds: stimulus.graceSeconds });
      else if (id && stimulus.kind === "force") this.cancel(id, { force: true });
      else if (remote) this.happen(remote, stimulus);
    }
    this.assertUnbroken();
  }

  /** From now on every host answers; what is cancelled now must end. */
  async endEverything(): Promise<void> {
    const { tasks, hosts, clock, log } = this.tasks;
    for (const remote of hosts.launched) remote.onCancel = () => Promise.resolve(remote.endTree());
    for (const release of this.hanging.values()) release();
    for (const { id } of tasks.listTasks()) this.cancel(id, {});
    await clock.advance(100_000);

    this.assertUnbroken();
    for (const task of tasks.listTasks()) assert.ok(isEnded(task), `${task.id} is ${task.status}`);
    for (const { id } of tasks.listTasks()) assert.equal(tasks.getTask(id), this.last.get(id));
    assert.ok(hosts.launched.every(({ state, released }) => state === "ended" && released));
    assert.equal(clock.pendingTimers, 0);
    assert.deepEqual(
      log.filter((line) => line.startsWith("error")),
      [],
    );
  }

  private cancel(id: string, how: { graceSeconds?: number; force?: boolean }): void {
    void this.tasks.tasks.cancelTask(id, { requestedBy: "tree", reason: "a test", ...how });
  }

  private happen(remote: FakeRemoteTask, stimulus: Stimulus): void {
    const { state, taskId } = remote;
    if (stimulus.kind === "run" && state === "admitted") remote.run();
    if (stimulus.kind === "failToStart" && (state === "connecting" || state === "admitted")) {
      remote.failToStart(new Error());
    }
    if (stimulus.kind === "loseConnection" && state !== "ended") remote.loseConnection(new Error());
    if (stimulus.kind === "exit" && state === "running") {
      this.ownExits.set(taskId, stimulus.exitCode);
      remote.exit(stimulus.exitCode);
    }
    if (stimulus.kind === "releaseHanging") this.hanging.get(taskId)?.();
    if (stimulus.kind === "hostAnswers") this.setAnswer(remote, stimulus.how);
  }

  private setAnswer(remote: FakeRemoteTask, how: HostAnswer): void {
    const answers: Record<HostAnswer, () => Promise<CancelReport>> = {
      endsTree: () => Promise.resolve(remote.endTree()),
      rejects: () => Promise.reject(new Error("No route to host.")),
      leaves: () => Promise.resolve(reports.left(this.tasks.clock.now())),
      provesNothing: () => Promise.resolve(reports.unverified("It could not be scanned.")),
      hangs: () =>
        new Promise((resolve) => {
          this.hanging.set(remote.taskId, () => resolve(remote.endTree()));
        }),
    };
    remote.onCancel = answers[how];
  }

  private check(task: Task): void {
    const before = this.last.get(task.id);
    if (!before) assert.equal(task.status, "pending", "the first that is heard of it");
    else {
      const isLegal = legalMoves.some(([from, to]) => from === before.status && to === task.status);
      assert.ok(isLegal, `it went from ${before.status} to ${task.status}`);
    }
    const remote = this.tasks.hosts.launched.find(({ taskId }) => taskId === task.id);
    if (isEnded(task) && remote) assert.equal(remote.state, "ended", "ended while it runs");
    if (task.status === "completed") assert.equal(this.ownExits.get(task.id), 0);
    if (task.status === "cancelled") assert.equal(task.receipt.verified, true);
    if (task.status === "failed" && task.timeout) assert.equal(task.receipt?.verified, true);
    if (task.status === "lost") assert.equal(task.receipt?.verified, false);
  }

  private assertUnbroken(): void {
    if (this.broken) throw this.broken;
  }
}

describe("tasks to which anything happens in any order", () => {
  it("make only legal moves, never change once ended, and claim nothing that isn't so", async () => {
    const starts = fc.array(
      fc.record({ kind: stimulus("start"), maxSeconds: fc.constantFrom(0, 60) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    );

    await fc.assert(
      fc.asyncProperty(starts, fc.array(stimuli, { maxLength: 60 }), async (first, then) => {
        const world = new World();
        for (const each of [...first, ...then]) await world.apply(each);
        await world.endEverything();
      }),
      { numRuns: 500 },
    );
  });
});
