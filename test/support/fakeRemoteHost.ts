import type { Clock } from "../../src/tasks/clock";
import { Emitter } from "../../src/tasks/lifecycle";
import type {
  Adoption,
  CancelClimb,
  CancelReport,
  HostProcess,
  Launch,
  OutputStream,
  RemoteEnd,
  RemoteHost,
  RemoteHosts,
  RemoteProcess,
  RemoteTask,
  SentSignal,
} from "../../src/tasks/remoteHost";

/** Hosts on which nothing happens but what the test says. */
export class FakeRemoteHosts implements RemoteHosts {
  /** Every task that reached a host, in order. */
  readonly launched: FakeRemoteTask[] = [];
  /** Every task taken up again, in order. */
  readonly adopted: { readonly remote: FakeRemoteTask; readonly adoption: Adoption }[] = [];
  /** Called with every task that may be launched, for a test that wants them all to behave in one way. */
  onLaunch: (remote: FakeRemoteTask) => void = () => undefined;
  /** Likewise with every task that is taken up again, before anything is asked of it. */
  onAdopt: (remote: FakeRemoteTask) => void = () => undefined;
  /** Aliases of hosts that never become ready for a command. */
  readonly hanging = new Set<string>();
  private readonly connected = new Emitter<string>((error) => {
    throw error;
  });
  /** Fires when the test says so. */
  readonly onDidConnect = this.connected.event;

  constructor(
    private readonly clock: Clock,
    private readonly aliases: readonly string[],
  ) {}

  /** A connection to the host was opened. */
  connect(alias: string): void {
    this.connected.fire(alias);
  }

  host(alias: string): RemoteHost {
    if (!this.aliases.includes(alias)) throw new Error(`FakeRemoteHosts has no host ${alias}`);
    return {
      start: (launch) => this.launch(alias, launch),
      adopt: (adoption) => this.adopt(alias, adoption),
    };
  }

  /** The task launched last. */
  get last(): FakeRemoteTask {
    const last = this.launched.at(-1);
    if (!last) throw new Error("Nothing was launched");
    return last;
  }

  /** The launched task with this id. */
  of(taskId: string): FakeRemoteTask {
    const found = this.launched.find((remote) => remote.taskId === taskId);
    if (!found) throw new Error(`${taskId} was not launched`);
    return found;
  }

  private adopt(alias: string, adoption: Adoption): FakeRemoteTask {
    const launch = { ...adoption, command: "", durable: true, merge: false, maxSeconds: 0 };
    const remote = new FakeRemoteTask(
      alias,
      { ...launch, admit: () => Promise.resolve() },
      this.clock,
      adoption.process,
    );
    void remote.becomeReady();
    this.adopted.push({ remote, adoption });
    this.onAdopt(remote);
    return remote;
  }

  private launch(alias: string, launch: Launch): FakeRemoteTask {
    if (this.launched.some((remote) => remote.taskId === launch.taskId)) {
      throw new Error(`${launch.taskId} was launched before`);
    }
    const remote = new FakeRemoteTask(alias, launch, this.clock);
    this.launched.push(remote);
    if (this.hanging.has(alias)) this.onLaunch(remote);
    else void remote.becomeReady().then(() => this.onLaunch(remote));
    return remote;
  }
}

/** A command on a host, driven by hand: it connects until `run`, and runs until something ends it. */
export class FakeRemoteTask implements RemoteTask {
  readonly started: Promise<RemoteProcess | undefined>;
  readonly ended: Promise<RemoteEnd>;
  /** Every climb asked for. */
  readonly climbs: CancelClimb[] = [];
  released = false;
  forgotten = false;
  /** How the host answers a cancel; by default nothing of the task survives it. */
  onCancel: (climb: CancelClimb) => Promise<CancelReport> = () => Promise.resolve(this.endTree());

  /** What the host answers when it is asked for the task's processes. */
  onList: () => Promise<readonly HostProcess[]> = () => Promise.resolve([]);

  private resolveStarted: (process: RemoteProcess | undefined) => void = () => undefined;
  private resolveEnded: (end: RemoteEnd) => void = () => undefined;
  private leavesSomething = false;
  private admitted = false;
  private ranOnce = false;
  private end: RemoteEnd | undefined;

  constructor(
    readonly alias: string,
    readonly launch: Launch,
    private readonly clock: Clock,
    process?: RemoteProcess,
  ) {
    this.started = new Promise((resolve) => (this.resolveStarted = resolve));
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    if (!process) return;
    this.ranOnce = true;
    this.resolveStarted(process);
  }

  get taskId(): string {
    return this.launch.taskId;
  }

  get command(): string {
    return this.launch.command;
  }

  /** What is true of its main process, whatever the core thinks. */
  get state(): "connecting" | "admitted" | "running" | "ended" {
    if (this.end) return "ended";
    if (this.ranOnce) return "running";
    return this.admitted ? "admitted" : "connecting";
  }

  /** The host could run it now: asks for its place among all that run. */
  async becomeReady(): Promise<void> {
    await this.launch.admit();
    this.admitted = true;
  }

  /** Its main process is there. */
  run(process: { readonly pid?: number; readonly hostAddress?: string } = {}): void {
    this.mustLive("run");
    if (!this.admitted) throw new Error(`${this.taskId} was not admitted`);
    if (this.ranOnce) throw new Error(`${this.taskId} runs already`);
    this.ranOnce = true;
    const { pid = 4711, hostAddress = "192.0.2.1" } = process;
    const words = { startTime: "1000", bootId: "boot", supervisor: "4710", reaper: "reaper" };
    this.resolveStarted({ pid, hostAddress, ...words, durable: this.launch.durable });
  }

  write(stream: OutputStream, output: string | Buffer): void {
    this.mustRun("write");
    this.launch.onOutput(stream, typeof output === "string" ? Buffer.from(output) : output);
  }

  /** Its main process ends and its output is drained. */
  exit(exitCode: number, signal?: string, leftRunning?: number): void {
    this.mustRun("exit");
    const left = leftRunning === undefined ? {} : { leftRunning };
    this.leavesSomething = (leftRunning ?? 0) > 0;
    this.finish({ kind: "exited", exitCode, ...(signal && { signal }), ...left });
  }

  /** The command never reaches the host. */
  failToStart(error: Error): void {
    this.mustLive("failToStart");
    if (this.ranOnce) throw new Error(`${this.taskId} runs already`);
    this.finish({ kind: "neverRan", error });
  }

  /** The connection goes; what runs on the host goes on. */
  loseConnection(error: Error): void {
    this.mustLive("loseConnection");
    this.finish({ kind: "unseen", error });
  }

  cancel(climb: CancelClimb): Promise<CancelReport> {
    if (this.released && !this.leavesSomething)
      throw new Error(`${this.taskId} was released and can't be cancelled`);
    this.climbs.push(climb);
    return this.onCancel(climb);
  }

  listProcesses(): Promise<readonly HostProcess[]> {
    return this.onList();
  }

  release(): void {
    this.released = true;
  }

  forget(): void {
    this.forgotten = true;
  }

  /** Output up to this offset is not kept by its host any more. */
  drop(stream: OutputStream, to: number): void {
    this.mustRun("drop");
    this.launch.onGap(stream, to);
  }

  /** Its link is lost, or there is one again; what runs on the host goes on. */
  link(connected: boolean): void {
    this.mustRun("link");
    this.launch.onLink(connected);
  }

  /** Nobody waits for it on its host any more, or nobody has begun to. */
  loseSupervisor(error: Error): void {
    this.mustLive("loseSupervisor");
    this.finish({ kind: "lost", error });
  }

  /** Its host was started anew. */
  reboot(error: Error): void {
    this.mustLive("reboot");
    this.finish({ kind: "gone", error });
  }

  /** Its host has ended it, as its time was up. */
  timeOut(): void {
    this.mustRun("timeOut");
    this.finish({ kind: "exited", exitCode: 143, timedOut: true });
  }

  /** The host's answer when all goes well: what is there is ended, by TERM and CONT unless said otherwise. */
  endTree(signals: readonly SentSignal["signal"][] = ["TERM", "CONT"]): CancelReport {
    const end = this.end;
    if (end?.kind === "neverRan" || (!end && !this.ranOnce)) {
      if (!end) this.finish({ kind: "neverRan" });
      return reports.neverRan;
    }
    if (end?.kind === "exited") return reports.exitCameFirst;
    if (!end) this.finish({ kind: "exited", exitCode: 143, signal: "TERM" });
    return reports.gone(this.clock.now(), signals);
  }

  private finish(end: RemoteEnd): void {
    this.end = end;
    this.resolveStarted(undefined);
    this.resolveEnded(end);
  }

  private mustRun(what: string): void {
    this.mustLive(what);
    if (!this.ranOnce) throw new Error(`${this.taskId} doesn't run yet: no ${what}`);
  }

  private mustLive(what: string): void {
    if (this.end) throw new Error(`${this.taskId} has ended (${this.end.kind}): no ${what}`);
  }
}

const nothing: CancelReport = {
  neverRan: false,
  mainProcessFound: false,
  processesFound: 0,
  signals: [],
  gone: false,
  left: [],
  mayRemain: [],
};

/** What a host can answer to a cancel. */
export const reports = {
  /** The main process and two children were signalled and are gone. */
  gone(at: number, signals: readonly SentSignal["signal"][] = ["TERM", "CONT"]): CancelReport {
    return {
      ...nothing,
      mainProcessFound: true,
      processesFound: 3,
      signals: signals.map((signal) => ({ signal, count: 3, at })),
      gone: true,
    };
  },
  /** The command never reached the host. */
  neverRan: { ...nothing, neverRan: true } satisfies CancelReport,
  /** Nothing was there any more. */
  exitCameFirst: { ...nothing, gone: true } satisfies CancelReport,
  /** The host was asked, and what it saw proves nothing. */
  unverified(reason: string): CancelReport {
    return { ...nothing, reason };
  },
  /** All was signalled, and one process of another user is still there. */
  left(at: number): CancelReport {
    const left = [{ pid: 4712, user: "root", command: "sleep 600" }];
    return { ...reports.gone(at, ["TERM", "CONT", "STOP", "KILL"]), gone: false, left };
  },
};

/** Answers a cancel only once its grace is ended by force. */
export function whenForced(
  { force }: CancelClimb,
  answer: () => CancelReport,
): Promise<CancelReport> {
  if (force.aborted) return Promise.resolve(answer());
  return new Promise((resolve) =>
    force.addEventListener("abort", () => resolve(answer()), { once: true }),
  );
}

/** Never answers. */
export function hang(): Promise<never> {
  return new Promise(() => undefined);
}
