import type { TaskError } from "../tasks/taskError";
import { checkWay, hostSilent } from "./sshErrors";

/** Bounds each phase of a conversation with a host; time in which a person is asked does not count. */
export class PhaseTimer {
  private timer: NodeJS.Timeout | undefined;
  private onLate: (() => void) | undefined;
  private asking = 0;

  constructor(
    private readonly alias: string,
    private readonly seconds: number,
  ) {}

  /** A phase begins, in place of the last one; `reject` is called when it takes too long. */
  expect(what: string, reject: (error: TaskError) => void): void {
    const next = what === "finish the sign-in" ? undefined : checkWay;
    this.onLate = () => reject(hostSilent(this.alias, what, this.seconds, next));
    this.start();
  }

  /** A question is put to the person, or was answered: after the last one the phase has all of its time again. */
  pause(asking: boolean): void {
    this.asking += asking ? 1 : -1;
    this.start();
  }

  end(): void {
    this.onLate = undefined;
    clearTimeout(this.timer);
  }

  private start(): void {
    clearTimeout(this.timer);
    const { onLate } = this;
    if (onLate && this.asking === 0) this.timer = setTimeout(onLate, this.seconds * 1000);
  }
}
