import { systemClock } from "../tasks/clock";
import type { Disposable, Event } from "../tasks/lifecycle";

/** Seconds, about, between the attempts to follow a task again; the last counts for all further ones. */
const pauses = [0.5, 1, 2, 5, 10, 30];

/** When a task that has lost its link tries for another one: after a pause, or at once when its host was reached. */
export class LinkRetries {
  private made = 0;

  constructor(
    private readonly alias: string,
    private readonly onDidConnect: Event<string>,
    private readonly signal: AbortSignal,
  ) {}

  /** There is a link. */
  reset(): void {
    this.made = 0;
  }

  /** Resolves when it is time, or nobody needs a link any more. */
  async next(): Promise<void> {
    const pause = pauses[Math.min(this.made++, pauses.length - 1)] ?? 0;
    const owned: Disposable[] = [];
    await new Promise<void>((resolve) => {
      if (this.signal.aborted) {
        resolve();
        return;
      }
      const onAbort = (): void => resolve();
      this.signal.addEventListener("abort", onAbort);
      owned.push(
        { dispose: () => this.signal.removeEventListener("abort", onAbort) },
        systemClock.after(systemClock.about(pause * 1000), resolve),
        this.onDidConnect((alias) => alias === this.alias && resolve()),
      );
    });
    for (const item of owned) item.dispose();
  }
}
