import type { CancelReceipt } from "../../src/tasks/cancelReceipt";
import type { EndedTask, Task, TaskFacts, TaskStatus } from "../../src/tasks/task";

export const statuses: readonly TaskStatus[] = [
  "pending",
  "running",
  "cancelling",
  "lost",
  "completed",
  "failed",
  "cancelled",
];

/** Written out here once more, so that a change of the rules is seen. */
export const legalMoves: readonly (readonly [TaskStatus, TaskStatus])[] = [
  ["pending", "running"],
  ["pending", "cancelling"],
  ["pending", "failed"],
  ["pending", "lost"],
  // Its link may come and go.
  ["running", "running"],
  ["running", "cancelling"],
  ["running", "completed"],
  ["running", "failed"],
  ["running", "lost"],
  ["cancelling", "cancelling"],
  ["cancelling", "cancelled"],
  ["cancelling", "completed"],
  ["cancelling", "failed"],
  ["cancelling", "lost"],
  ["lost", "cancelling"],
  // What is known of an ended task may still change, but not how it ended.
  ["completed", "completed"],
  ["failed", "failed"],
];

const facts: TaskFacts = {
  id: "build01:e3b0c44298fc1c14:1767225600000000",
  alias: "build01",
  command: "true",
  commandHash: "e3b0c44298fc1c14",
  startedBy: "agent:test",
  createdAt: 1_767_225_600_000,
  maxSeconds: 0,
  durable: false,
  merge: false,
};

/** A receipt of a cancel that went well, with what the test wants to be different. */
export function createReceipt(changes: Partial<CancelReceipt> = {}): CancelReceipt {
  return {
    requestedBy: "tree",
    reason: "no longer needed",
    requestedAt: facts.createdAt,
    processesFound: 3,
    signals: [{ signal: "TERM", count: 3, at: facts.createdAt }],
    verified: true,
    verifiedBy: "processes",
    goneAt: facts.createdAt + 400,
    durationMs: 400,
    left: [],
    mayRemain: [],
    ...changes,
  };
}

/** A receipt of a cancel after which nobody knows. */
export function createUnverifiedReceipt(changes: Partial<CancelReceipt> = {}): CancelReceipt {
  const { goneAt: _, ...receipt } = createReceipt({ verified: false, signals: [], ...changes });
  return receipt;
}

/** A task in the given state. */
export function createTask(status: TaskStatus): Task {
  const onHost = { hostAddress: "192.0.2.1", startedAt: facts.createdAt + 100 };
  const cancel = {
    requestedBy: "tree",
    reason: "no longer needed",
    requestedAt: facts.createdAt,
  } as const;
  switch (status) {
    case "pending":
      return { ...facts, status };
    case "running":
      return { ...facts, ...onHost, status };
    case "cancelling":
      return { ...facts, ...onHost, status, cancel };
    case "lost":
      return {
        ...facts,
        ...onHost,
        status,
        cancel,
        receipt: createUnverifiedReceipt(),
        lostAt: facts.createdAt + 900,
      };
    case "completed":
    case "failed":
    case "cancelled":
      return createEndedTask(status, facts.createdAt + 900);
  }
}

export function createEndedTask(
  status: EndedTask["status"],
  endedAt: number,
  id = facts.id,
): EndedTask {
  const common = { ...facts, id, hostAddress: "192.0.2.1", startedAt: facts.createdAt, endedAt };
  switch (status) {
    case "completed":
      return { ...common, status, exitCode: 0 };
    case "failed":
      return { ...common, status, exitCode: 2, timeout: false };
    case "cancelled":
      return { ...common, status, receipt: createReceipt() };
  }
}
