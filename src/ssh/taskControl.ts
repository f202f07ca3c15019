import { systemClock, within } from "../tasks/clock";
import type { CancelClimb, CancelReport, HostProcess } from "../tasks/remoteHost";
import type { ConnectionPool } from "./connectionPool";
import type { Lease } from "./lease";
import type { ControlChannel } from "./controlChannel";
import type { TaskTarget } from "./remoteScripts";
import { hostSilent } from "./sshErrors";
import { signInAwaited } from "./signInErrors";

/** A request about a task on a host that can't be reached must have said so within 10 s. */
const connectSeconds = 5;
/** A control channel of an open connection that says nothing for so long is taken for stuck. */
const stuckSeconds = 4;
/** What a host under load may take on a new connection; the cancel's answer doesn't wait for it. */
const patientSeconds = 20;

type Pool = Pick<ConnectionPool, "hasOpenConnection" | "isAsking" | "leaseForCancel">;

/**
 * Asks a host about tasks: over the control channel of an open connection, and when that is stuck over a new connection,
 * as the one says nothing of the host.
 */
export class TaskControl {
  constructor(
    private readonly alias: string,
    private readonly pool: Promise<Pool>,
  ) {}

  /** Climbs the cancel ladder on the host once. Rejects with a TaskError when the host can't be asked. */
  async cancel(target: TaskTarget, climb: CancelClimb): Promise<CancelReport> {
    const sent = { before: false };
    const request = (seconds: number) => (control: ControlChannel) => {
      sent.before = true;
      return control.cancel(target, climb, seconds);
    };
    const report = await this.overOpenConnection(request(stuckSeconds));
    if (report) return report;
    const askedBefore = sent.before;
    const later = await this.overConnection({ fresh: true }, request(patientSeconds));
    // What was asked first, in vain it seemed, may have ended what the second did not find any more.
    return askedBefore && !later.mainProcessFound
      ? { ...later, neverRan: false, mainProcessFound: undefined }
      : later;
  }

  /** The live processes of a task. Rejects with a TaskError. */
  async list(target: TaskTarget): Promise<readonly HostProcess[]> {
    const over = (control: ControlChannel) => control.list(target, stuckSeconds);
    return (await this.overOpenConnection(over)) ?? this.overConnection({ fresh: true }, over);
  }

  /** Has the host forget a durable task that has ended, if it can be reached now; a later sweep of the host does the rest. */
  forget(taskId: string): void {
    void this.overOpenConnection((control) => control.remove(taskId));
  }

  /** Undefined when there is no open connection, or it does not answer. */
  private async overOpenConnection<T>(
    ask: (control: ControlChannel) => Promise<T>,
  ): Promise<T | undefined> {
    if (!(await this.pool).hasOpenConnection) return undefined;
    try {
      return await this.overConnection({ fresh: false }, ask);
    } catch {
      return undefined; // a new connection will tell whether that is the host's fault
    }
  }

  private async overConnection<T>(
    options: { readonly fresh: boolean },
    ask: (control: ControlChannel) => Promise<T>,
  ): Promise<T> {
    const lease = await this.lease((await this.pool).leaseForCancel(options));
    try {
      const seconds = options.fresh ? patientSeconds : stuckSeconds;
      const control = await within(systemClock, seconds * 1000, lease.control());
      if (!control) throw hostSilent(this.alias, "start a shell for cancels", seconds);
      return await ask(control);
    } finally {
      lease.release();
    }
  }

  private async lease(leasing: Promise<Lease>): Promise<Lease> {
    const lease = await within(systemClock, connectSeconds * 1000, leasing);
    if (lease) return lease;
    void leasing.then(
      (late) => late.release(),
      () => undefined, // nobody waits for it any more
    );
    if ((await this.pool).isAsking) throw signInAwaited(this.alias);
    throw hostSilent(this.alias, "accept a connection for the cancel", connectSeconds);
  }
}
