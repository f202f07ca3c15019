import type { ConnectFailure, HostStatus } from "../tasks/hostConnections";
import { Emitter, type Disposable, type Event } from "../tasks/lifecycle";
import { TaskError } from "../tasks/taskError";
import type { HostConnection } from "./hostConnection";

interface HostRecord {
  opening: number;
  open: number;
  /** When the last connection was closed. */
  reachedAt?: number;
  /** Of the last attempt. */
  failure?: ConnectFailure;
}

/** What was last seen of each host: one small record per alias, however many attempts there are. */
export class HostRecords implements Disposable {
  private readonly records = new Map<string, HostRecord>();
  private readonly changed: Emitter<string>;

  constructor(onListenerError: (error: unknown) => void) {
    this.changed = new Emitter(onListenerError);
  }

  get onDidChange(): Event<string> {
    return this.changed.event;
  }

  status(alias: string): HostStatus {
    const { opening = 0, open = 0, reachedAt, failure } = { ...this.records.get(alias) };
    if (open > 0) return { state: "connected", connections: open, ...(failure && { failure }) };
    if (opening > 0) return { state: "connecting" };
    if (failure) return { state: "failed", failure };
    return { state: "notConnected", ...(reachedAt !== undefined && { reachedAt }) };
  }

  /** Follows a connection from the attempt to open it to its end; gives the attempt back. */
  follow(alias: string, attempt: Promise<HostConnection>): Promise<HostConnection> {
    this.change(alias, (record) => record.opening++);
    attempt.then(
      (connection) => this.onOpened(alias, connection),
      (error: unknown) => {
        this.change(alias, (record) => {
          record.opening--;
          note(record, error);
        });
      },
    );
    return attempt;
  }

  /** An attempt has failed before there was anything to follow. */
  failed(alias: string, error: unknown): void {
    this.change(alias, (record) => note(record, error));
  }

  /** A connection was of no use. */
  wasUseless(alias: string, { code, message, at }: ConnectFailure): void {
    this.change(alias, (record) => (record.failure = { code, message, at }));
  }

  dispose(): void {
    this.changed.dispose();
  }

  private onOpened(alias: string, connection: HostConnection): void {
    this.change(alias, (record) => {
      record.opening--;
      record.open++;
      delete record.failure;
    });
    connection.onDidClose(() => {
      this.change(alias, (record) => {
        record.open--;
        record.reachedAt = Date.now();
      });
    });
  }

  private change(alias: string, make: (record: HostRecord) => void): void {
    const record = this.records.get(alias) ?? { opening: 0, open: 0 };
    make(record);
    this.records.set(alias, record);
    this.changed.fire(alias);
  }
}

/** What is no TaskError was given up by whoever wanted it, and says nothing of the host. */
function note(record: HostRecord, error: unknown): void {
  if (!(error instanceof TaskError)) return;
  record.failure = { code: error.code, message: error.message, at: Date.now() };
}
