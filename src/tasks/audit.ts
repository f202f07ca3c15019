import type { CancelReceipt } from "./cancelReceipt";

interface About {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly alias: string;
  /** Of the command, as in task ids. */
  readonly hash: string;
  /** Written down only where the person wants commands to be. */
  readonly command: string;
}

/** Whether an agent's command was let through. */
export interface DecisionRecord extends About {
  readonly type: "decision";
  readonly client: string;
  readonly session: string;
  readonly allowed: boolean;
  /** What decided: a rule of the policy, an answer, a grant, a default. */
  readonly rule: string;
}

/** Somebody has asked for a task's end. */
export interface CancelRecord extends About {
  readonly type: "cancel";
  readonly taskId: string;
  readonly requestedBy: string;
  readonly reason: string;
}

/** A task has come to an end, or its end could not be seen, or what it had left was ended. */
export interface EndRecord extends About {
  readonly type: "end";
  readonly taskId: string;
  /** `agent:<client>`, or the door of the person. */
  readonly startedBy: string;
  readonly status: string;
  /** Address the connection went to, "" when there was none. */
  readonly address: string;
  /** -1 for none. */
  readonly exitCode: number;
  readonly timeout: boolean;
  readonly createdAt: number;
  readonly durationMs: number;
  readonly bytesOut: number;
  readonly bytesErr: number;
  readonly receipt?: CancelReceipt;
}

export type AuditRecord = DecisionRecord | CancelRecord | EndRecord;

/** Where it is written down who ran what. */
export interface Audit {
  /** Never throws: what can't be written is said in the log. */
  record(record: AuditRecord): void;
}
