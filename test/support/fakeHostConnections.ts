import type {
  ConnectionTest,
  HostConnections,
  HostStatus,
  TestOptions,
} from "../../src/tasks/hostConnections";
import { Emitter } from "../../src/tasks/lifecycle";

/** Connections as the test says. */
export class FakeHostConnections implements HostConnections {
  /** Aliases that were disconnected, in order. */
  readonly disconnected: string[] = [];
  /** How a connection test goes; by default all is well at once. */
  onTest: (alias: string, options: TestOptions) => Promise<ConnectionTest> = (alias) =>
    Promise.resolve({ alias, passed: [], ms: 1 });
  private readonly statuses = new Map<string, HostStatus>();
  private readonly changed = new Emitter<string>((error) => {
    throw error;
  });
  readonly onDidChangeStatus = this.changed.event;

  status(alias: string): HostStatus {
    return this.statuses.get(alias) ?? { state: "notConnected" };
  }

  setStatus(alias: string, status: HostStatus): void {
    this.statuses.set(alias, status);
    this.changed.fire(alias);
  }

  testConnection(alias: string, options: TestOptions): Promise<ConnectionTest> {
    return this.onTest(alias, options);
  }

  loginCommand(alias: string): Promise<string> {
    return Promise.resolve(`ssh ${alias}`);
  }

  disconnect(alias: string): void {
    this.disconnected.push(alias);
  }
}
