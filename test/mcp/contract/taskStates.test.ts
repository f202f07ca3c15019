import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../../src/tasks/taskError";
import { eventually } from "../../support/eventually";
import { reports } from "../../support/fakeRemoteHost";
import { resultOf, type Fields, type McpHarness } from "../createMcp";
import { cancelTools, createContract } from "./createContract";

const ended = "Task not found or not cancellable";
const signaled = "Cancellation signaled";
const expired = (id: string) => `Error: Task not found or expired: ${id}`;
const live = (id: string) => `Error: Task still running: ${id}. Call ssh_wait_task.`;

interface State {
  /** Brings a task into the state. @returns its id. */
  readonly enter: (harness: McpHarness) => Promise<string>;
  /** status and progress_percent; a sentence when the task is not known. */
  readonly status: [string, number] | "unknown";
  /** The output is the one line that it wrote; undefined when it wrote none. */
  readonly wrote?: boolean;
  /** exit_code, cancelled, timeout and whether that is an error; else the sentence. */
  readonly result: [number, boolean, boolean, boolean] | ((id: string) => string);
  /** cancelled, message and status of the answer to a further cancel. */
  readonly cancel: [boolean, string, string];
}

async function running(harness: McpHarness, maxSeconds = 60) {
  const started = await harness.startRunning({ maxSeconds });
  started.remote.write("stdout", "line\n");
  return started;
}

async function exited(harness: McpHarness, exitCode: number): Promise<string> {
  const { task, remote } = await running(harness);
  remote.exit(exitCode);
  await eventually("it has ended", () => harness.tasks.getTask(task.id)?.status !== "running");
  return task.id;
}

const states: Record<string, State> = {
  unknown: {
    enter: () => Promise.resolve("build01:0123456789abcdef:1"),
    status: "unknown",
    result: expired,
    cancel: [false, ended, "unknown"],
  },
  pending: {
    enter: async ({ start }) => (await start()).id,
    status: ["pending", 0],
    wrote: false,
    result: live,
    cancel: [true, signaled, "cancelled"],
  },
  running: {
    enter: async (harness) => (await running(harness)).task.id,
    status: ["running", 0],
    wrote: true,
    result: live,
    cancel: [true, signaled, "cancelled"],
  },
  "being cancelled": {
    enter: async (harness) => {
      const { task, remote } = await running(harness);
      remote.onCancel = () => Promise.resolve(reports.unverified("The host is silent."));
      await harness.tasks.cancelTask(task.id, { requestedBy: "tree", reason: "clicked" });
      return task.id;
    },
    status: ["cancelling", 0],
    wrote: true,
    result: live,
    cancel: [true, signaled, "cancelling"],
  },
  completed: {
    enter: (harness) => exited(harness, 0),
    status: ["completed", 100],
    wrote: true,
    result: [0, false, false, false],
    cancel: [false, ended, "completed"],
  },
  failed: {
    enter: (harness) => exited(harness, 3),
    status: ["failed", 100],
    wrote: true,
    result: [3, false, false, false],
    cancel: [false, ended, "failed"],
  },
  "ended by its deadline": {
    enter: async (harness) => {
      const { task } = await running(harness, 1);
      await harness.clock.advance(1000);
      return task.id;
    },
    status: ["failed", 100],
    wrote: true,
    result: [-1, false, true, false],
    cancel: [false, ended, "failed"],
  },
  "never run": {
    enter: async (harness) => {
      const { id } = await harness.start();
      harness.hosts.last.failToStart(new TaskError("connectionRefused", "Refused. Start sshd."));
      await eventually("it has failed", () => harness.tasks.getTask(id)?.status === "failed");
      return id;
    },
    status: ["failed", 100],
    wrote: false,
    result: [-1, false, false, true],
    cancel: [false, ended, "failed"],
  },
  cancelled: {
    enter: async (harness) => {
      const { task } = await running(harness);
      await harness.tasks.cancelTask(task.id, { requestedBy: "tree", reason: "clicked" });
      return task.id;
    },
    status: ["cancelled", 100],
    wrote: true,
    result: [-1, true, false, false],
    cancel: [false, ended, "cancelled"],
  },
  lost: {
    enter: async (harness) => {
      const { task, remote } = await running(harness, 0);
      remote.onCancel = () => Promise.resolve(reports.unverified("The host is silent."));
      remote.loseConnection(new TaskError("connectionLost", "The connection was lost."));
      await harness.clock.advance(60_000);
      return task.id;
    },
    status: ["lost", 0],
    wrote: true,
    result: [-1, false, false, false],
    cancel: [true, signaled, "cancelling"],
  },
  cleared: {
    enter: async (harness) => {
      const id = await exited(harness, 0);
      harness.tasks.clearFinished();
      return id;
    },
    status: "unknown",
    result: expired,
    cancel: [false, ended, "unknown"],
  },
  expired: {
    enter: async (harness) => {
      const id = await exited(harness, 0);
      await harness.clock.advance(3600_000);
      return id;
    },
    status: "unknown",
    result: expired,
    cancel: [false, ended, "unknown"],
  },
};

for (const [name, { enter, status, wrote, result, cancel }] of Object.entries(states)) {
  describe(`a task that is ${name}`, () => {
    it(`is ${String(status)} to ssh_get_task_status`, async (t) => {
      const harness = await createContract(t);
      const id = await enter(harness);

      if (status === "unknown") {
        const sentence = await harness.fail("ssh_get_task_status", { task_id: id });
        assert.equal(sentence, `Error: Task not found: ${id}`);
      } else {
        const answer = await harness.ask("ssh_get_task_status", { task_id: id });
        assert.deepEqual([answer.status, answer.progress_percent], status);
        assert.equal(answer.output_lines_available, wrote ? 1 : 0);
      }
    });

    it(`gives ${wrote ? "its lines" : "no lines"} to ssh_get_task_output`, async (t) => {
      const harness = await createContract(t);
      const id = await enter(harness);

      if (wrote === undefined) {
        const sentence = await harness.fail("ssh_get_task_output", { task_id: id });
        assert.equal(sentence, `Error: Task not found or no output available: ${id}`);
      } else {
        const answer = await harness.ask("ssh_get_task_output", { task_id: id });
        assert.deepEqual(answer.output_lines, wrote ? ["line"] : []);
      }
    });

    it(`gives ${typeof result === "function" ? "no result" : String(result)} to ssh_get_task_result`, async (t) => {
      const harness = await createContract(t);
      const id = await enter(harness);

      const answer = await harness.call("ssh_get_task_result", { task_id: id });

      if (typeof result === "function") {
        assert.equal(resultOf(answer), result(id));
        assert.equal(answer.isError, true);
      } else {
        const { exit_code, cancelled, timeout } = resultOf(answer) as Fields;
        assert.deepEqual([exit_code, cancelled, timeout, answer.isError], result);
      }
    });

    for (const tool of cancelTools) {
      it(`is answered ${String(cancel)} by ${tool}, which is no error`, async (t) => {
        const harness = await createContract(t);
        const id = await enter(harness);

        const answer = await harness.ask(tool, { task_id: id });

        assert.equal(answer.task_id, id);
        assert.deepEqual([answer.cancelled, answer.message, answer.status], cancel);
      });
    }
  });
}
