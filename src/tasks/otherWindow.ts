/** What the core needs of the windows beside it, whose tasks it shows; `windows/` makes it true, a test stands in for it. */

import type { CancelReceipt, CancelRequest } from "./cancelReceipt";
import type { HostProcess, OutputStream } from "./remoteHost";
import type { Task } from "./task";

/** Another window, or a headless server, which owns tasks. All of it rejects with a TaskError: `windowGone`, `windowSilent`. */
export interface OtherWindow {
  /** Asks it to cancel a task, which it does as it does for its own doors; resolves when it has answered. */
  cancel(taskId: string, request: CancelRequest): Promise<void>;
  /** Rejects also as asking the host does. */
  listProcesses(taskId: string): Promise<readonly HostProcess[]>;
  stopLeftovers(taskId: string, request: CancelRequest): Promise<CancelReceipt | undefined>;
}

/** Who hears what other windows tell of their tasks, in the order in which they do. */
export interface WindowNews {
  /** A task of it, as it is now. */
  onTask(window: OtherWindow, task: Task): void;
  /** Output of it, from the offset on; what was before and did not come is not kept there. */
  onOutput(taskId: string, stream: OutputStream, offset: number, bytes: Buffer): void;
  /** It does not keep the task any more. */
  onRemoved(window: OtherWindow, taskId: string): void;
  /** It has ended; its tasks are another window's soon, or ours. */
  onGone(window: OtherWindow): void;
}
