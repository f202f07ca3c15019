import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../../src/tasks/taskError";
import { reports, type FakeRemoteTask } from "../../support/fakeRemoteHost";
import { resultOf, type Fields, type McpHarness } from "../createMcp";
import { cancelTools, createContract } from "./createContract";

const text = "string";
const integer = "integer";
const flag = "boolean";

const ran = {
  task_id: text,
  alias: text,
  hash: text,
  exit_code: integer,
  duration_ms: integer,
  cancelled: flag,
  timeout: flag,
  target_ip: text,
  output: text,
};
const status = {
  task_id: text,
  status: text,
  keepAlive: integer,
  pollFrequency: integer,
  progress_percent: integer,
  elapsed_ms: integer,
  bytes_read: integer,
  output_lines_available: integer,
};
const about = { alias: text, command: text, max_seconds: integer };
const outcome = {
  task_id: text,
  status: text,
  exit_code: integer,
  duration_ms: integer,
  output: text,
  cancelled: flag,
  timeout: flag,
  target_ip: text,
  max_seconds: integer,
};
const cancel = { task_id: text, cancelled: flag, message: text };
const receipt = {
  requested_by: text,
  reason: text,
  requested_at: text,
  processes_found: integer,
  signals: [{ signal: text, count: integer, at_ms: integer }],
  verified: flag,
  verified_by: text,
  gone_at: text,
  duration_ms: integer,
  left: [],
  may_remain: [],
};
const evidence = { receipt, note: text };
const gap = { stream: text, from: integer, to: integer };

/** The answer of the tool once the harness was brought to it. */
type Ask = (harness: McpHarness) => Promise<unknown>;

const answer =
  (tool: string, args: Fields = {}): Ask =>
  async ({ call }) =>
    resultOf(await call(tool, args));

/** Of a task that `end` ended, what the tool says. */
const ofTask =
  (tool: string, end: (started: Awaited<ReturnType<McpHarness["startRunning"]>>) => void): Ask =>
  async (harness) => {
    const started = await harness.startRunning();
    started.remote.write("stdout", "line\n");
    end(started);
    return answer(tool, { task_id: started.task.id })(harness);
  };

/** Of a task that was cancelled, what the tool says. */
const ofCancelled =
  (tool: string): Ask =>
  async (harness) => {
    const { task } = await harness.startRunning();
    await harness.tasks.cancelTask(task.id, { requestedBy: "tree", reason: "clicked" });
    return answer(tool, { task_id: task.id })(harness);
  };

const run: Fields = { alias: "build01", command: "id" };
const ssh_run =
  (drive: (harness: McpHarness) => void): Ask =>
  (harness) => {
    drive(harness);
    return answer("ssh_run", run)(harness);
  };

const shapes: [string, Ask, object][] = [
  ["ssh_ping", answer("ssh_ping"), { status: text }],
  ["ssh_list_hosts", answer("ssh_list_hosts"), { hosts: [text] }],
  [
    "ssh_describe_host",
    answer("ssh_describe_host", { alias: "build01" }),
    { alias: text, host: text, port: integer, user: text, tags: [], description: text },
  ],
  [
    "ssh_run of a command that completes",
    ssh_run(({ hosts }) => {
      hosts.onLaunch = (remote) => exit(remote, 0);
    }),
    { ...ran, status: text },
  ],
  [
    "ssh_run of a command that a signal ends",
    ssh_run(({ hosts }) => {
      hosts.onLaunch = (remote) => exit(remote, -1, "SEGV");
    }),
    { ...ran, status: text, signal: text },
  ],
  [
    "ssh_run on a host that can't be reached",
    ssh_run(({ hosts }) => {
      const refused = new TaskError("connectionRefused", "Refused. Start sshd.");
      hosts.onLaunch = (remote) => remote.failToStart(refused);
    }),
    { ...ran, status: text, error: text, error_code: text },
  ],
  [
    "ssh_run of a command that writes too much",
    ssh_run(({ hosts }) => {
      hosts.onLaunch = (remote) => {
        exit(remote, 0, undefined, "x".repeat(3 * 1024 * 1024));
      };
    }),
    { ...ran, status: text, gap, more_gaps: [gap] },
  ],
  [
    "ssh_run_async",
    answer("ssh_run_async", run),
    {
      task_id: text,
      status: text,
      keepAlive: integer,
      pollFrequency: integer,
      alias: text,
      command: text,
      hash: text,
    },
  ],
  [
    "ssh_get_task_status of a running task",
    ofTask("ssh_get_task_status", () => undefined),
    { ...status, ...about },
  ],
  [
    "ssh_get_task_status of an ended task",
    ofTask("ssh_get_task_status", ({ remote }) => remote.exit(1)),
    { ...status, exit_code: integer, timeout: flag, ...about },
  ],
  [
    "ssh_get_task_status of a cancelled task",
    ofCancelled("ssh_get_task_status"),
    { ...status, exit_code: integer, timeout: flag, ...about, ...evidence },
  ],
  [
    "ssh_get_task_output",
    ofTask("ssh_get_task_output", () => undefined),
    { task_id: text, output_lines: [text], total_lines: integer, has_more: flag, cursor: text },
  ],
  ["ssh_get_task_result", ofTask("ssh_get_task_result", ({ remote }) => remote.exit(1)), outcome],
  [
    "ssh_get_task_result of a cancelled task",
    ofCancelled("ssh_get_task_result"),
    { ...outcome, ...evidence },
  ],
  ...cancelTools.flatMap((tool): [string, Ask, object][] => [
    [
      `${tool} of a running task`,
      ofTask(tool, () => undefined),
      { ...cancel, status: text, ...evidence },
    ],
    [`${tool} of a cancelled task`, ofCancelled(tool), { ...cancel, status: text, ...evidence }],
    [
      `${tool} of a task that left something`,
      ofTask(tool, ({ remote }) => (remote.onCancel = () => Promise.resolve(reports.left(0)))),
      { ...cancel, status: text, receipt: unverified(), note: text },
    ],
    [
      `${tool} of an ended task`,
      ofTask(tool, ({ remote }) => remote.exit(1)),
      { ...cancel, status: text, note: text, exit_code: integer },
    ],
    [
      `${tool} of an unknown task`,
      answer(tool, { task_id: "none" }),
      { ...cancel, status: text, note: text },
    ],
  ]),
];

describe("the fields, their order and their types are the contract's, and ours after them, in the answer of", () => {
  for (const [what, ask, expected] of shapes) {
    it(what, async (t) => {
      const harness = await createContract(t);

      assert.equal(JSON.stringify(shapeOf(await ask(harness))), JSON.stringify(expected));
    });
  }

  it("ssh_list_tasks, whose tasks have an exit_code once ended", async (t) => {
    const { ask, start, startRunning } = await createContract(t);
    (await startRunning()).remote.exit(0);
    await start();

    const { tasks, total } = await ask("ssh_list_tasks");

    const task = { task_id: text, status: text, alias: text, command: text, elapsed_ms: integer };
    const expected = [task, { ...task, exit_code: integer }];
    assert.equal(JSON.stringify((tasks as Fields[]).map(shapeOf)), JSON.stringify(expected));
    assert.equal(total, 2);
  });
});

function exit(remote: FakeRemoteTask, code: number, signal?: string, output = ""): void {
  remote.run();
  remote.write("stdout", output);
  remote.write("stderr", output);
  remote.exit(code, signal);
}

function unverified(): object {
  const { gone_at: _, ...rest } = receipt;
  return { ...rest, left: [{ pid: integer, user: text, command: text }] };
}

/** The value with the name of its type in the place of each part; of a list, its first. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part)]));
  }
  return Number.isInteger(value) ? integer : typeof value;
}
