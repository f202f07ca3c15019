import { randomBytes } from "node:crypto";
import type { CancelClimb, CancelReport, HostProcess } from "../tasks/remoteHost";
import { defaultLimits } from "../tasks/limits";
import type { TaskError } from "../tasks/taskError";
import { CancelReportReader } from "./cancelReportReader";
import { HostLines } from "./hostLines";
import { ProcessListReader } from "./processListReader";
import { controlScript, removeLine, requestLine, type TaskTarget } from "./remoteScripts";
import { SilenceTimer } from "./silenceTimer";
import { connectionLost, hostSilent } from "./sshErrors";
import type { HostChannel, HostConnection } from "./hostConnection";

/** Seconds that a climb may take beside its grace. */
const climbSeconds = 8;
const listSeconds = 8;
const removeSeconds = 8;
/** Tasks whose folders the host removes one after the other. */
const removedAtOnce = 20;
/** How long a request may wait beyond that, while the host is busy with others: it answers a few at a time. */
const busySeconds = 600;

/** Reads the lines of one answer, without their nonce; @returns what a line brought with it, if anything that counts. */
interface AnswerReader {
  readLine(line: string): "begun" | "ended" | undefined;
}

/** A request that is not answered to its end. */
interface Request {
  readonly reader: AnswerReader;
  readonly onNews: (news: "begun" | "ended") => void;
  readonly reject: (error: TaskError) => void;
}

export interface ControlChannelOptions {
  readonly alias: string;
  /** For the host to be ready. */
  readonly seconds: number;
  /** Days after which the folders of tasks that nobody came back for are removed from the host. */
  readonly keepDays?: number;
}

/** A shell on a host that answers for its tasks (`remote/control.sh`): several requests side by side, over one channel. */
export class ControlChannel {
  private readonly requests = new Map<string, Request>();
  private readonly lines = new HostLines((line) => this.onLine(line));
  private channel: HostChannel | undefined;
  private closed = false;
  private retired = false;
  private readonly toRemove: string[] = [];
  private removing: Promise<void> | undefined;
  /** By performance.now(). */
  private heardAt = 0;
  private onReady: (() => void) | undefined;

  private constructor(
    private readonly options: ControlChannelOptions,
    private readonly nonce: string,
  ) {}

  /** Resolves once the host is ready for requests. Rejects with a TaskError, at the latest after `seconds`. */
  static async open(
    connection: HostConnection,
    options: ControlChannelOptions,
  ): Promise<ControlChannel> {
    const control = new ControlChannel(options, createNonce());
    const { alias, seconds } = options;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const late = (): void => reject(hostSilent(alias, "start a shell for cancels", seconds));
        timer = setTimeout(late, seconds * 1000);
        control.onReady = resolve;
        connection
          .openShell((channel) => control.listen(channel, () => reject(connectionLost(alias))))
          .catch(reject);
      });
    } catch (error) {
      control.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return control;
  }

  get isOpen(): boolean {
    return !this.closed && !this.retired;
  }

  /**
   * Ends the processes of a task. Resolves with what the host saw and did, as far as it said so: when it breaks off, with
   * the reason. Rejects with a TaskError when it has not begun within `beginSeconds`; the request may still reach it.
   */
  async cancel(
    target: TaskTarget,
    climb: CancelClimb,
    beginSeconds: number,
  ): Promise<CancelReport> {
    const nonce = createNonce();
    const report = new CancelReportReader();
    const graceSeconds = climb.force.aborted ? 0 : climb.graceSeconds;
    const force = (): void => this.write(`force ${nonce}\n`);
    const onBegin = (): void => {
      if (climb.force.aborted) force();
      else climb.force.addEventListener("abort", force);
    };
    try {
      const line = requestLine("cancel", nonce, target, graceSeconds);
      const seconds = { begin: beginSeconds, end: graceSeconds + climbSeconds };
      const broken = await this.ask(line, nonce, { reader: report, seconds, onBegin });
      return broken ? report.brokenOff(broken.message) : report.result();
    } finally {
      climb.force.removeEventListener("abort", force);
    }
  }

  /** The live processes of a task, untouched. Rejects with a TaskError. */
  async list(target: TaskTarget, beginSeconds: number): Promise<readonly HostProcess[]> {
    const nonce = createNonce();
    const reader = new ProcessListReader();
    const seconds = { begin: beginSeconds, end: listSeconds };
    const line = requestLine("list", nonce, target);
    const broken = await this.ask(line, nonce, { reader, seconds, onBegin: () => undefined });
    if (broken) throw broken;
    return reader.result(this.options.alias);
  }

  /**
   * Has the host forget a durable task that has ended, together with others that it is asked to forget meanwhile. Resolves
   * when it has, or can't be asked: a later sweep of the host does it then.
   */
  async remove(taskId: string): Promise<void> {
    this.toRemove.push(taskId);
    this.removing ??= this.removeAll().finally(() => (this.removing = undefined));
    await this.removing;
  }

  /** Lets go of the channel; what it was asked to cancel goes on. */
  close(): void {
    this.closed = true;
    this.channel?.close();
  }

  private async removeAll(): Promise<void> {
    await Promise.resolve(); // for those who ask in the same turn
    while (this.toRemove.length > 0 && this.isOpen) {
      const nonce = createNonce();
      const line = removeLine(nonce, this.toRemove.splice(0, removedAtOnce));
      const seconds = { begin: removeSeconds, end: removeSeconds };
      const options = { reader: removalReader, seconds, onBegin: () => undefined };
      await this.ask(line, nonce, options).catch(() => undefined);
    }
  }

  /** Sends a request and waits for its end. @returns why it broke off after it had begun. */
  private async ask(
    line: string,
    nonce: string,
    options: {
      readonly reader: AnswerReader;
      readonly seconds: { readonly begin: number; readonly end: number };
      readonly onBegin: () => void;
    },
  ): Promise<TaskError | undefined> {
    const { reader, seconds, onBegin } = options;
    const started = { begun: false };
    const timer = new SilenceTimer(() => this.heardAt, busySeconds);
    try {
      await new Promise<void>((resolve, reject) => {
        const expect = (what: string, within: number): void =>
          timer.await(within, () => reject(hostSilent(this.options.alias, what, within)));
        const onNews = (news: "begun" | "ended"): void => {
          if (news === "ended") {
            resolve();
            return;
          }
          started.begun = true;
          onBegin();
          expect("finish the cancel", seconds.end);
        };
        expect("answer the cancel", seconds.begin);
        this.requests.set(nonce, { reader, onNews, reject });
        if (this.closed) reject(connectionLost(this.options.alias));
        else this.write(line);
      });
      return undefined;
    } catch (error) {
      this.retired = true;
      if (started.begun) return error as TaskError;
      throw error;
    } finally {
      timer.stop();
      this.requests.delete(nonce);
      // It is stuck, as far as one can tell: those who still wait for an answer may get it, and nobody else asks.
      if (this.retired && this.requests.size === 0) this.close();
    }
  }

  private listen(channel: HostChannel, onClose: () => void): void {
    this.channel = channel;
    if (this.closed) {
      channel.close();
      return;
    }
    channel.on("data", (bytes: Buffer) => this.lines.push(bytes));
    channel.stderr.resume();
    channel.on("close", () => {
      this.closed = true;
      onClose();
      for (const { reject } of this.requests.values()) reject(connectionLost(this.options.alias));
    });
    const { keepDays = defaultLimits.keepOnHostDays } = this.options;
    this.write(controlScript(this.nonce, keepDays));
  }

  private onLine(line: string): void {
    const [nonce = ""] = line.split(" ", 1);
    const rest = line.slice(nonce.length + 1);
    if (nonce === this.nonce && rest === "READY") this.onReady?.();
    const request = this.requests.get(nonce);
    if (request) this.heardAt = performance.now();
    const news = request?.reader.readLine(rest);
    if (news) request?.onNews(news);
  }

  private write(text: string): void {
    if (!this.closed) this.channel?.write(text);
  }
}

const removalReader: AnswerReader = {
  readLine: (line) => (line.startsWith("END ") ? "ended" : undefined),
};

function createNonce(): string {
  return randomBytes(16).toString("hex");
}
