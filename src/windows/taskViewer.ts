import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { join } from "node:path";
import { ResponseError, type MessageConnection } from "vscode-jsonrpc/node";
import { takeProof } from "../store/privateFile";
import { formatTaskRecord } from "../store/taskRecord";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { OutputStream } from "../tasks/remoteHost";
import { isEnded, type Task } from "../tasks/task";
import { asError, TaskError } from "../tasks/taskError";
import type { TaskManager } from "../tasks/taskManager";
import {
  cancelTask,
  checkId,
  checkTaskMessage,
  joinWindow,
  listProcesses,
  maxOutputBytes,
  outputCame,
  outputMs,
  ping,
  protocolVersion,
  proveRight,
  silenceMs,
  stopLeftovers,
  talkOver,
  taskChanged,
  taskRemoved,
} from "./protocol";

/** What a window that does not read may have waiting: of output, and of all. */
const maxUnreadOutput = 4 * 1024 * 1024;
const maxUnread = 32 * 1024 * 1024;

export type SharedTasks = Pick<
  TaskManager,
  | "listOwn"
  | "findOwn"
  | "cancelTask"
  | "listProcesses"
  | "stopLeftovers"
  | "onDidChangeTask"
  | "onDidRemoveTask"
  | "onDidAppendOutput"
>;

/** Another window that looks at the tasks of this one: tells it of them, and does for it what it may ask. */
export class TaskViewer implements Disposable {
  private readonly owned = new DisposableStore();
  private readonly connection: MessageConnection;
  private readonly proof = `proof-${randomBytes(16).toString("hex")}`;
  /** By task id, where the viewer is in both streams. */
  private readonly told = new Map<string, Record<OutputStream, number>>();
  private readonly grown = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private trusted = false;

  /** `folder` is this window's, which nobody but the user can write to. */
  constructor(
    private readonly socket: Socket,
    private readonly folder: string,
    private readonly tasks: SharedTasks,
  ) {
    this.connection = talkOver(socket);
    this.answer();
    socket.once("close", () => this.dispose());
    const stranger = setTimeout(() => this.trusted || socket.destroy(), silenceMs);
    this.owned.add({ dispose: () => clearTimeout(stranger) });
    this.connection.listen();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.owned.dispose();
    this.connection.dispose();
    this.socket.destroy();
  }

  private answer(): void {
    const { connection, tasks } = this;
    connection.onRequest(joinWindow, ({ version }) => {
      if (version !== protocolVersion) throw new ResponseError(1, "another version", undefined);
      return { proof: this.proof };
    });
    connection.onRequest(proveRight, async () => {
      if (!(await takeProof(join(this.folder, this.proof))))
        throw new ResponseError(2, "no proof", undefined);
      this.begin();
      return null;
    });
    connection.onRequest(ping, () => null);
    connection.onRequest(cancelTask, (message) =>
      this.serve(async () => {
        const { id, request } = checkTaskMessage(message, "cancel");
        await tasks.cancelTask(id, request);
        return null;
      }),
    );
    connection.onRequest(stopLeftovers, (message) =>
      this.serve(async () => {
        const { id, request } = checkTaskMessage(message, "stopLeftovers");
        return (await tasks.stopLeftovers(id, request)) ?? null;
      }),
    );
    connection.onRequest(listProcesses, (message) =>
      this.serve(async () => (await tasks.listProcesses(checkId(message, "task").id)) ?? []),
    );
  }

  /** A TaskError goes over with its code. */
  private async serve<T>(work: () => Promise<T>): Promise<T> {
    if (!this.trusted) throw new ResponseError(2, "no proof", undefined);
    try {
      return await work();
    } catch (error) {
      const code = error instanceof TaskError ? error.code : undefined;
      throw new ResponseError(3, asError(error).message, { code });
    }
  }

  private begin(): void {
    if (this.trusted) return;
    this.trusted = true;
    for (const { task } of this.tasks.listOwn()) if (!isEnded(task)) this.tellTask(task);
    this.owned.add(this.tasks.onDidChangeTask((task) => this.onChange(task)));
    this.owned.add(this.tasks.onDidAppendOutput((id) => this.onGrown(id)));
    this.owned.add(
      this.tasks.onDidRemoveTask((id) => {
        this.told.delete(id);
        this.tell(() => this.connection.sendNotification(taskRemoved, { id }));
      }),
    );
  }

  private onChange(task: Task): void {
    if (this.tasks.findOwn(task.id)) this.tellTask(task);
  }

  private tellTask(task: Task): void {
    const isNew = !this.told.has(task.id);
    if (isNew) this.told.set(task.id, { stdout: 0, stderr: 0 });
    // Its last output before its end.
    if (!isNew && isEnded(task)) this.tellOutput(task.id);
    this.tell(() =>
      this.connection.sendNotification(taskChanged, { record: formatTaskRecord({ task }) }),
    );
    if (isNew) this.tellOutput(task.id);
  }

  private onGrown(id: string): void {
    if (!this.told.has(id)) return;
    this.grown.add(id);
    this.timer ??= setTimeout(() => this.tellGrown(), outputMs);
  }

  private tellGrown(): void {
    this.timer = undefined;
    if (this.socket.writableLength > maxUnreadOutput) {
      this.timer = setTimeout(() => this.tellGrown(), outputMs);
      return;
    }
    const ids = [...this.grown];
    this.grown.clear();
    for (const id of ids) this.tellOutput(id);
  }

  /** What the viewer has not heard, or the end of it where that is too much. */
  private tellOutput(id: string): void {
    const told = this.told.get(id);
    const output = this.tasks.findOwn(id)?.output;
    if (!told || !output) return;
    for (const stream of ["stdout", "stderr"] as const) {
      const start = Math.max(told[stream], output.size[stream] - maxOutputBytes);
      const { from, bytes } = output.readBytes(stream, start, maxOutputBytes);
      if (bytes.length === 0) continue;
      told[stream] = from + bytes.length;
      const message = { id, stream, offset: from, bytes: bytes.toString("base64") };
      this.tell(() => this.connection.sendNotification(outputCame, message));
    }
  }

  /** Who does not read any more is let go of, and comes again when it does. */
  private tell(send: () => Promise<void>): void {
    if (this.socket.writableLength > maxUnread) this.socket.destroy();
    else void send().catch(() => this.socket.destroy());
  }
}
