import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatTaskRecord, isTaskId, parseTaskRecord } from "../../src/store/taskRecord";
import type { FailedTask, Task } from "../../src/tasks/task";
import { TaskError } from "../../src/tasks/taskError";
import { createReceipt, createTask, createUnverifiedReceipt, statuses } from "../tasks/samples";
import { remoteProcess } from "./journalHarness";

const receipt = createReceipt({
  requestedBy: "agent:test",
  left: [{ pid: 7, user: "root", command: "sleep" }],
  mayRemain: ["docker"],
  unverifiedBecause: "it did not answer",
});
const failure: FailedTask = {
  id: "a:b:1",
  alias: "a",
  command: "true",
  commandHash: "b",
  startedBy: "palette",
  createdAt: 1,
  maxSeconds: 0,
  durable: true,
  merge: false,
  hostAddress: "",
  status: "failed",
  exitCode: -1,
  timeout: false,
  endedAt: 2,
};

/** One task for each state, with all that a task in it can have. */
const fullTasks: readonly Task[] = statuses.map((status) => {
  const task = createTask(status);
  switch (task.status) {
    case "pending":
    case "running":
      return task;
    case "cancelling":
      return { ...task, cancel: { ...task.cancel, graceSeconds: 0.5, force: true }, receipt };
    case "lost":
      return { ...task, receipt: createUnverifiedReceipt() };
    case "completed":
    case "cancelled":
      return { ...task, leftRunning: 2, receipt };
    case "failed":
      return { ...task, leftRunning: 0, receipt, signal: "SEGV" };
  }
});

/** What `parse` gives for a failed task with that error. */
function bringBack(error: Error): Error | undefined {
  const { task } = parseTaskRecord(formatTaskRecord({ task: { ...failure, error } }));
  return task.status === "failed" ? task.error : undefined;
}

function parse(task: unknown, process?: unknown): ReturnType<typeof parseTaskRecord> {
  return parseTaskRecord(JSON.stringify({ task, process }));
}

/** Every path to a value inside an object or a list. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]));
  return path.length > 0 ? [path, ...inner] : inner;
}

function withValue(whole: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy: unknown = structuredClone(whole);
  assert.ok(typeof copy === "object" && copy !== null);
  const inner: unknown = Object.entries(copy).find(([name]) => name === key)?.[1];
  return Object.assign(copy, { [key]: withValue(inner, rest, value) });
}

describe("the record of a task", () => {
  for (const task of fullTasks) {
    it(`comes back as it was, with all that a ${task.status} task can have`, () => {
      const record = { task, process: remoteProcess };

      assert.deepEqual(parseTaskRecord(formatTaskRecord(record)), record);
      assert.deepEqual(parseTaskRecord(formatTaskRecord({ task })), { task });
    });

    it(`is refused when any value of a ${task.status} task is of another kind, by the name of the field`, () => {
      for (const path of pathsOf(task)) {
        // An object is none of these values, and a list has none of these fields.
        for (const wrong of [null, {}, [[]]]) {
          const damaged = withValue(task, path, wrong);
          assert.throws(() => parse(damaged), /^Error: task\.\S+ is not /, path.join("."));
        }
      }
    });
  }

  it("is refused without a field that its state needs", () => {
    for (const status of statuses) {
      const task = createTask(status);
      for (const field of Object.keys(task)) {
        if (field === "startedAt" && status !== "running") continue;
        // Nobody may have asked for the end of what is lost.
        if (status === "lost" && ["cancel", "receipt"].includes(field)) continue;
        assert.throws(() => parse({ ...task, [field]: undefined }), /is not/, `${status}.${field}`);
      }
    }
  });

  it("is refused when it says what can't be", () => {
    const cancelled = createTask("cancelled");

    assert.throws(() => parse({ ...cancelled, receipt: createUnverifiedReceipt() }));
    assert.throws(() => parse({ ...createTask("completed"), exitCode: 1 }));
    assert.throws(() => parse({ ...failure, status: "toString" }));
    assert.throws(() => parse({ ...failure, leftRunning: -1 }));
    for (const requestedBy of ["nobody", "agent", "toString"])
      assert.throws(() => parse({ ...failure, receipt: { ...receipt, requestedBy } }), /requester/);
    assert.throws(() => parse({ ...cancelled, receipt: createReceipt({ processesFound: 0.5 }) }));
    for (const json of ["null", "[]", "1", '"x"', "{}"]) assert.throws(() => parseTaskRecord(json));
  });

  it("has an error with its code and its sentence, and no cause", () => {
    const error = bringBack(new TaskError("connectionLost", "It is gone.", { cause: "secret" }));

    assert.ok(error instanceof TaskError);
    assert.deepEqual([error.code, error.message], ["connectionLost", "It is gone."]);
    assert.equal(error.cause, undefined);
  });

  it("has an error without a code as one, also when the code is of another version", () => {
    const plain = bringBack(new Error("It broke."));
    const { task } = parse({ ...failure, error: { code: "ofTomorrow", message: "It broke." } });

    assert.deepEqual([plain, plain instanceof TaskError], [new Error("It broke."), false]);
    assert.ok(task.status === "failed" && task.error?.message === "It broke.");
    assert.throws(
      () => parse({ ...failure, error: { code: "hostSilent" } }),
      /task\.error\.message/,
    );
  });

  it("leaves out fields that no task has, and takes none from what all objects have", () => {
    const json = JSON.stringify({ task: { ...failure, exitStatus: 3 } });

    assert.deepEqual(
      parseTaskRecord(json.replace("{", '{"__proto__":{"process":1},')).task,
      failure,
    );
    assert.throws(() => parseTaskRecord(`{"task":{"__proto__":${JSON.stringify(failure)}}}`));
  });
});

describe("the process in a record", () => {
  it("leaves out fields that no process has, and keeps why it is attached", () => {
    const attached = { ...remoteProcess, durable: false, attachedBecause: "it has no shell" };

    assert.deepEqual(parse(failure, { ...attached, later: "/run/x" }).process, attached);
  });

  for (const field of Object.keys(remoteProcess)) {
    it(`is refused without its ${field}, or with one of another kind`, () => {
      for (const value of [undefined, null, [true], {}])
        assert.throws(() => parse(failure, { ...remoteProcess, [field]: value }), /record|process/);
    });
  }
});

describe("a task id", () => {
  it("has only characters that are harmless in a file name, and at most 200 of them", () => {
    for (const id of ["a:b:1", "A-z_0", "x".repeat(200)]) assert.ok(isTaskId(id));
    for (const id of ["", "x".repeat(201), "a.b", "a/b", "a\\b", "a b", "a\n", "ä", "a\0"])
      assert.ok(!isTaskId(id), JSON.stringify(id));
  });
});
