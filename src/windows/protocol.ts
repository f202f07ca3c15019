import type { Socket } from "node:net";
import {
  createMessageConnection,
  NotificationType,
  RequestType,
  RequestType0,
  SocketMessageReader,
  SocketMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import { count, list, object, oneOf, optional, text, type Check } from "../store/checks";
import { cancelRequest, leftProcessChecks, receipt, taskId } from "../store/taskRecord";
import type { CancelReceipt, CancelRequest } from "../tasks/cancelReceipt";
import type { HostProcess, OutputStream } from "../tasks/remoteHost";

/** Windows of another version show nothing of each other. */
export const protocolVersion = 1;

/** Output is told of each task so often, and at most so much of each stream at a time; what is more is left out. */
export const outputMs = 500;
export const maxOutputBytes = 128 * 1024;

/** A window that does not answer within so long is stuck, or stopped. */
export const silenceMs = 5000;

/** What to write into the folder of the window that is asked, to show that one may: a file of this name. */
export const joinWindow = new RequestType<
  { readonly version: number },
  { readonly proof: string },
  void
>("join");
/** Says that the file is there. From now on tasks are told of. */
export const proveRight = new RequestType0<null, void>("prove");

/** Answered at once by a window that is not stuck. */
export const ping = new RequestType0<null, void>("ping");

/** A task as it is now, in the form of its record (`store/taskRecord`). */
export const taskChanged = new NotificationType<{ readonly record: string }>("task");
export const taskRemoved = new NotificationType<{ readonly id: string }>("removed");
export const outputCame = new NotificationType<OutputMessage>("output");

export const cancelTask = new RequestType<TaskMessage, null, void>("cancel");
export const stopLeftovers = new RequestType<TaskMessage, CancelReceipt | null, void>(
  "stopLeftovers",
);
export const listProcesses = new RequestType<{ readonly id: string }, readonly HostProcess[], void>(
  "listProcesses",
);

export interface OutputMessage {
  readonly id: string;
  readonly stream: OutputStream;
  readonly offset: number;
  /** In base64. */
  readonly bytes: string;
}

export interface TaskMessage {
  readonly id: string;
  readonly request: CancelRequest;
}

export const checkId: Check<{ readonly id: string }> = object<{ readonly id: string }>({
  id: taskId,
});
export const checkRecord = object<{ readonly record: string }>({ record: text });
export const checkProof = object<{ readonly proof: string }>({ proof: text });
export const checkOutput = object<OutputMessage>({
  id: taskId,
  stream: oneOf("stdout", "stderr"),
  offset: count,
  bytes: text,
});
export const checkTaskMessage = object<TaskMessage>({ id: taskId, request: cancelRequest });
export const checkProcesses = list(
  object<HostProcess>({ ...leftProcessChecks, parent: count, ageSeconds: count }),
);
export const checkReceipt = optional(receipt);

/** Both sides talk JSON-RPC 2.0 with the headers of the Language Server Protocol (vscode-jsonrpc). */
export function talkOver(socket: Socket): MessageConnection {
  socket.on("error", () => socket.destroy());
  return createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
}
