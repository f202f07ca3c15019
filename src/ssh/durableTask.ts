import type { Event } from "../tasks/lifecycle";
import type {
  Adoption,
  CancelClimb,
  CancelReport,
  HostProcess,
  Launch,
  OutputStream,
  RemoteEnd,
  RemoteProcess,
  RemoteTask,
} from "../tasks/remoteHost";
import { asError, TaskError } from "../tasks/taskError";
import { AttachedTask, type AttachedTaskHost } from "./attachedTask";
import type { Lease } from "./lease";
import { durableEnd, startRefusal } from "./durableEnd";
import { leaseLine, type DurableLine, type Follower, type LeasedLine } from "./durableLine";
import { LinkRetries } from "./linkRetries";
import { processFrom, targetOf } from "./hostProcess";
import { neverRan } from "./neverRan";
import { hostSilent } from "./sshErrors";
import { TaskControl } from "./taskControl";

export interface DurableTaskHost extends AttachedTaskHost {
  /** Fires with the alias of a host to which a connection was opened. */
  readonly onDidConnect: Event<string>;
}

/** A task that its host supervises (`remote/durable.pl`, `remote/spooled.sh`): it needs neither its connection nor us, and is followed while it has a link. */
export class DurableTask implements RemoteTask {
  readonly started: Promise<RemoteProcess | undefined>;
  readonly ended: Promise<RemoteEnd>;
  private resolveStarted: (process: RemoteProcess | undefined) => void = () => undefined;
  private resolveEnded: (end: RemoteEnd) => void = () => undefined;
  private readonly stopped = new AbortController();
  private readonly control: TaskControl;
  private readonly retries: LinkRetries;
  private readonly read: { stdout: number; stderr: number };
  private process: RemoteProcess | undefined;
  /** Whether the host may have been asked to start it. */
  private sent: boolean;
  private end: RemoteEnd | undefined;
  private link: LeasedLine | undefined;
  private launchTimer: NodeJS.Timeout | undefined;
  /** Takes over on a host that can't keep a task. */
  private attached: AttachedTask | undefined;

  private constructor(
    private readonly host: DurableTaskHost,
    private readonly task: Adoption | Launch,
  ) {
    this.control = new TaskControl(host.alias, host.pool);
    this.retries = new LinkRetries(host.alias, host.onDidConnect, this.stopped.signal);
    this.started = new Promise((resolve) => (this.resolveStarted = resolve));
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    const adopted = "from" in task;
    this.sent = adopted;
    this.read = adopted ? { ...task.from } : { stdout: 0, stderr: 0 };
    if (adopted && task.process) this.onProcess(task.process);
    if (!adopted || task.follow) void this.run();
  }

  static start(host: DurableTaskHost, launch: Launch): DurableTask {
    return new DurableTask(host, launch);
  }

  static adopt(host: DurableTaskHost, adoption: Adoption): DurableTask {
    return new DurableTask(host, adoption);
  }

  async cancel(climb: CancelClimb): Promise<CancelReport> {
    if (this.attached) return this.attached.cancel(climb);
    if (!this.sent) this.finish({ kind: "neverRan" });
    if (this.end?.kind === "neverRan") return neverRan;
    const known = this.process !== undefined;
    const report = await this.control.cancel(this.target, climb);
    if (report.neverRan) this.finish({ kind: "neverRan" });
    // Whether the main process was among those found can't be told when it has not said who it is.
    return !known && report.processesFound > 0
      ? { ...report, mainProcessFound: undefined }
      : report;
  }

  listProcesses(): Promise<readonly HostProcess[]> {
    if (this.attached) return this.attached.listProcesses();
    return this.sent ? this.control.list(this.target) : Promise.resolve([]);
  }

  release(): void {
    this.stopped.abort();
    this.attached?.release();
    this.letGo();
  }

  forget(): void {
    if (!this.attached) this.control.forget(this.task.taskId);
  }

  /** Also while something else was waited for; it is when it has ended. */
  private get isReleased(): boolean {
    return this.stopped.signal.aborted;
  }

  /** Whether its host may keep it: then it is no host that can't, though it opens no shell for once. */
  private get mayRun(): boolean {
    return "from" in this.task ? this.process !== undefined : this.sent;
  }

  private get target() {
    return targetOf(this.task.taskId, this.process);
  }

  /** Follows the task over one link after another, until its end is known. */
  private async run(): Promise<void> {
    for (;;) {
      try {
        await this.followOnce();
      } catch (error) {
        const isUnable = error instanceof TaskError && error.code === "notDurable";
        if (isUnable && !this.isReleased && !this.mayRun) this.runAttached(error);
        else if (!this.sent) this.finish({ kind: "neverRan", error: asError(error) });
      }
      if (this.isReleased || this.attached) return;
      this.task.onLink(false);
      await this.retries.next();
    }
  }

  /** Resolves when the link is lost, or the end has come. Rejects when there is no link. */
  private async followOnce(): Promise<void> {
    const pool = await this.host.pool;
    const link = await leaseLine(this.host.alias, pool, {
      signal: this.stopped.signal,
      starts: !this.sent,
    });
    this.link = link;
    try {
      if (!this.sent && !this.isReleased && "admit" in this.task) await this.task.admit();
      if (this.isReleased) return;
      await new Promise<void>((resolve, reject) => {
        this.ask(link.line, this.follower(link.lease, resolve, reject));
        void this.ended.then(() => resolve());
      });
    } finally {
      this.letGo();
    }
  }

  /** A start that may have been heard is asked for again: the host starts nothing twice. */
  private ask(line: DurableLine, follower: Follower): void {
    const { task } = this;
    if (!this.process) {
      clearTimeout(this.launchTimer);
      const { launchSeconds } = this.host.limits;
      this.launchTimer = setTimeout(() => this.onLaunchSilence(), launchSeconds * 1000);
    }
    if (this.process || "from" in task) {
      line.follow(task.taskId, this.read, follower);
      return;
    }
    this.sent = true;
    const { taskId, command, merge, maxSeconds } = task;
    line.start({ taskId, command, merge, seconds: maxSeconds }, follower);
  }

  private follower(
    { connection }: Lease,
    onLost: () => void,
    onRefused: (error: TaskError) => void,
  ): Follower {
    return {
      onStarted: (words) => {
        this.onProcess({ ...processFrom(words, connection.hostAddress), durable: true });
        this.onLinked();
      },
      onOutput: (stream, bytes, offset) => this.onOutput(stream, bytes, offset),
      onGap: (stream, _, to) => {
        if (to <= this.read[stream]) return;
        this.read[stream] = to;
        this.task.onGap(stream, to);
      },
      onEnd: (words) => {
        const refusal = startRefusal(this.host.alias, words);
        if (refusal) {
          this.sent = false;
          onRefused(refusal);
        } else if (words[0] !== "later") void this.onEnd(words);
        else {
          clearTimeout(this.launchTimer); // it has answered
          onLost();
        }
      },
      onLost,
    };
  }

  /** After a second start the host says all again from its beginning: what is known is passed over. */
  private onOutput(stream: OutputStream, bytes: Buffer, offset: number): void {
    const known = this.read[stream] - offset;
    if (known >= bytes.length) return;
    const fresh = known > 0 ? bytes.subarray(known) : bytes;
    this.read[stream] += fresh.length;
    this.task.onOutput(stream, fresh);
  }

  private onProcess(process: RemoteProcess): void {
    clearTimeout(this.launchTimer);
    this.process = process;
    this.resolveStarted(process);
  }

  private onLinked(): void {
    this.retries.reset();
    this.task.onLink(true);
    void this.host.pool.then((pool) => pool.prepareControl());
  }

  /** Whether the command runs nobody knows. */
  private onLaunchSilence(): void {
    const { alias, limits } = this.host;
    const error = hostSilent(alias, "start the command", limits.launchSeconds);
    this.finish({ kind: "unseen", error });
  }

  private async onEnd(words: readonly string[]): Promise<void> {
    const list = () => this.control.list(this.target);
    this.finish(await durableEnd(this.host.alias, words, list));
  }

  private runAttached(why: TaskError): void {
    if (!("admit" in this.task)) {
      this.finish({ kind: "lost", error: why });
      return;
    }
    clearTimeout(this.launchTimer);
    const attached = new AttachedTask(this.host, this.task);
    this.attached = attached;
    void attached.started.then((process) => {
      this.resolveStarted(process && { ...process, attachedBecause: why.message });
    });
    void attached.ended.then((end) => this.finish(end));
  }

  private letGo(): void {
    this.link?.line.unfollow(this.task.taskId);
    this.link?.lease.release();
    this.link = undefined;
  }

  private finish(end: RemoteEnd): void {
    if (this.end) return;
    this.end = end;
    clearTimeout(this.launchTimer);
    this.resolveStarted(this.process);
    this.resolveEnded(end);
    this.release();
  }
}
