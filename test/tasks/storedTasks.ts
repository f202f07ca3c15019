import type { RemoteProcess } from "../../src/tasks/remoteHost";
import { OutputLog } from "../../src/tasks/outputLog";
import type { Task, TaskFacts, TaskStatus } from "../../src/tasks/task";
import type { StoredTask } from "../../src/tasks/taskStore";
import { createTasks, type CreateTasksOptions } from "../support/createTasks";
import { settle } from "../support/fakeClock";
import type { FakeRemoteTask } from "../support/fakeRemoteHost";
import { MemoryStore } from "../support/memoryStore";
import { createTask } from "./samples";

export const storedProcess: RemoteProcess = {
  pid: 4711,
  startTime: "1000",
  bootId: "boot",
  hostAddress: "192.0.2.1",
  supervisor: "4710",
  reaper: "reaper",
  durable: true,
};

/** A durable task as the window before has kept it, which on build01 has printed `output`. */
export function storedTask(
  status: TaskStatus,
  changes: Partial<TaskFacts> & { readonly output?: string } = {},
): StoredTask {
  const { output, ...facts } = changes;
  const task: Task = { ...createTask(status), durable: true, ...facts };
  const process = { ...storedProcess, durable: task.durable };
  return {
    task,
    ...(status !== "pending" && { process }),
    ...(output !== undefined && { output: snapshotOf(output) }),
  };
}

function snapshotOf(stdout: string) {
  const log = new OutputLog();
  log.append("stdout", Buffer.from(stdout));
  return log.snapshot();
}

/** The next window, which has taken up what was kept; `onAdopt` is told of each task before anything is asked of it. */
export async function createNextWindow(
  stored: readonly StoredTask[],
  onAdopt: (remote: FakeRemoteTask) => void = () => undefined,
  options: Omit<CreateTasksOptions, "store"> = {},
) {
  const store = new MemoryStore(stored);
  const harness = createTasks({ ...options, store });
  harness.hosts.onAdopt = onAdopt;
  const restored = await harness.tasks.restore();
  const first = stored[0]?.task.id ?? "";
  const remote = (taskId = first): FakeRemoteTask => {
    const found = harness.hosts.adopted.find((one) => one.adoption.taskId === taskId);
    if (!found) throw new Error(`${taskId} was not taken up`);
    return found.remote;
  };
  const now = (taskId = first): Task => {
    const task = harness.tasks.getTask(taskId);
    if (!task) throw new Error(`There is no ${taskId}`);
    return task;
  };
  await settle();
  return { ...harness, store, restored, remote, now };
}
