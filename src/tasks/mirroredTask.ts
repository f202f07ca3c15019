import type { OtherWindow } from "./otherWindow";
import { OutputLog } from "./outputLog";
import type { OutputStream } from "./remoteHost";
import { isEnded, type Task } from "./task";

/** Output kept of a task of another window, per stream, beside its first 256 KiB. */
const keptTailBytes = 768 * 1024;

/** A task of another window, as that has told it. */
export class MirroredTask {
  readonly output: OutputLog;

  constructor(
    private current: Task,
    private owner: OtherWindow,
    accountOutput: (bytes: number) => void,
  ) {
    this.output = new OutputLog(accountOutput);
    this.output.shrink(keptTailBytes);
  }

  get task(): Task {
    return this.current;
  }

  get window(): OtherWindow {
    return this.owner;
  }

  update(task: Task, window: OtherWindow): void {
    this.current = task;
    this.owner = window;
    if (isEnded(task)) this.output.end(keptTailBytes);
  }

  /** What is known already, as another window may tell it again, is passed over. @returns whether there was more. */
  append(stream: OutputStream, offset: number, bytes: Buffer): boolean {
    const known = this.output.size[stream];
    if (offset > known) this.output.skipTo(stream, offset);
    const fresh = bytes.subarray(Math.max(0, known - offset));
    if (fresh.length > 0) this.output.append(stream, fresh);
    return offset > known || fresh.length > 0;
  }

  forget(): void {
    this.output.keepOnly(0, 0);
  }
}
