import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { ErrorCodes, ResponseError, type MessageConnection } from "vscode-jsonrpc/node";
import { giveProof } from "../store/privateFile";
import { parseTaskRecord } from "../store/taskRecord";
import type { LeaseHolder } from "../store/windowLease";
import type { CancelReceipt, CancelRequest } from "../tasks/cancelReceipt";
import { systemClock, within } from "../tasks/clock";
import type { Disposable } from "../tasks/lifecycle";
import type { OtherWindow, WindowNews } from "../tasks/otherWindow";
import type { HostProcess } from "../tasks/remoteHost";
import { TaskError, taskErrorCodes, windowGone, windowSilent } from "../tasks/taskError";
import {
  cancelTask,
  checkId,
  checkOutput,
  checkProcesses,
  checkProof,
  checkReceipt,
  checkRecord,
  joinWindow,
  listProcesses,
  outputCame,
  ping,
  protocolVersion,
  proveRight,
  silenceMs,
  stopLeftovers,
  talkOver,
  taskChanged,
  taskRemoved,
} from "./protocol";

/** What the library answers in place of the window. */
const connectionErrors: ReadonlySet<number> = new Set([
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
]);

/** Another window, over the socket of its lease: what it tells goes to `news`, until it has ended. */
export class WindowLink implements OtherWindow, Disposable {
  private readonly connection: MessageConnection;
  private joined = false;
  private gone = false;

  private constructor(
    private readonly socket: Socket,
    private readonly holder: LeaseHolder,
    private readonly news: WindowNews,
    private readonly onEnd: () => void,
  ) {
    this.connection = talkOver(socket);
    socket.once("close", () => this.dispose());
    this.listen();
  }

  /**
   * Begins to hear of the tasks of the window that has `folder`. Rejects with the Error of a system call, or TaskError
   * `windowSilent`, `windowGone`. `onEnd` is called once it is over.
   */
  static async open(
    folder: string,
    holder: LeaseHolder,
    news: WindowNews,
    onEnd: () => void,
  ): Promise<WindowLink> {
    const link = new WindowLink(connect(holder.socket), holder, news, onEnd);
    try {
      const { proof } = checkProof(
        await link.answered(link.connection.sendRequest(joinWindow, { version: protocolVersion })),
        "answer",
      );
      if (!/^proof-[0-9a-f]{32}$/.test(proof)) throw new Error("It wants a proof of another kind");
      await giveProof(join(folder, proof));
      link.joined = true;
      await link.answered(link.connection.sendRequest(proveRight));
      return link;
    } catch (error) {
      link.dispose();
      throw error;
    }
  }

  async cancel(taskId: string, request: CancelRequest): Promise<void> {
    await this.ask(() => this.connection.sendRequest(cancelTask, { id: taskId, request }));
  }

  async listProcesses(taskId: string): Promise<readonly HostProcess[]> {
    const processes = await this.ask(() =>
      this.connection.sendRequest(listProcesses, { id: taskId }),
    );
    return checkProcesses(processes, "processes");
  }

  async stopLeftovers(taskId: string, request: CancelRequest): Promise<CancelReceipt | undefined> {
    const message = { id: taskId, request };
    const receipt = await this.ask(() => this.connection.sendRequest(stopLeftovers, message));
    return checkReceipt(receipt ?? undefined, "receipt");
  }

  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    this.connection.dispose(); // what was asked and not answered rejects
    this.socket.destroy();
    if (this.joined) this.news.onGone(this);
    this.onEnd();
  }

  private listen(): void {
    const { connection, news } = this;
    connection.onNotification(taskChanged, (message) => {
      news.onTask(this, parseTaskRecord(checkRecord(message, "message").record).task);
    });
    connection.onNotification(taskRemoved, (message) => {
      news.onRemoved(this, checkId(message, "message").id);
    });
    connection.onNotification(outputCame, (message) => {
      const { id, stream, offset, bytes } = checkOutput(message, "message");
      news.onOutput(id, stream, offset, Buffer.from(bytes, "base64"));
    });
    connection.listen();
  }

  /** A window that answers a ping has heard the request too, and takes the time it needs. */
  private async ask<T>(send: () => Promise<T>): Promise<T> {
    if (this.gone) throw windowGone();
    const answer = send();
    answer.catch(() => undefined); // when the ping has failed, nobody waits for it
    await this.answered(this.connection.sendRequest(ping));
    return answer.catch((error: unknown) => this.explain(error));
  }

  private async answered<T>(answer: Promise<T>): Promise<T> {
    const arrived = answer.then(
      (value) => ({ value }),
      (error: unknown) => this.explain(error),
    );
    const first = await within(systemClock, silenceMs, arrived);
    if (!first) throw windowSilent(this.holder.pid);
    return first.value;
  }

  private explain(error: unknown): never {
    // Whatever else keeps a request from being answered is the end of the connection, which may be heard of later.
    if (!(error instanceof ResponseError) || connectionErrors.has(error.code)) this.dispose();
    if (this.gone || !(error instanceof ResponseError)) throw windowGone();
    const { code } = (error.data ?? {}) as { code?: unknown };
    const known = taskErrorCodes.find((one) => one === code);
    throw known ? new TaskError(known, error.message) : error;
  }
}
