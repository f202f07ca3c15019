import type { Clock } from "../../src/tasks/clock";
import type { Disposable } from "../../src/tasks/lifecycle";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** Time that stands still until the test moves it. */
export class FakeClock implements Clock {
  private readonly timers = new Set<Timer>();
  /** By how much somebody has set the clock. */
  private ahead = 0;

  constructor(private time = Date.UTC(2026, 0, 1)) {}

  /** How many timers wait to fire; what has ended leaves none. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  now(): number {
    return this.time + this.ahead;
  }

  elapsed(): number {
    return this.time;
  }

  /** Somebody sets the clock: no time passes. */
  set(ms: number): void {
    this.ahead += ms;
  }

  about(ms: number): number {
    return ms;
  }

  after(ms: number, callback: () => void): Disposable {
    if (!(ms >= 0)) throw new Error(`FakeClock has no timer of ${ms} ms`);
    const timer = { due: this.time + ms, callback };
    this.timers.add(timer);
    return { dispose: () => void this.timers.delete(timer) };
  }

  /** Moves time on, firing what falls due in order; promises settle before the first timer, between, and at the end. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (let timer = this.nextUntil(end); timer; timer = this.nextUntil(end)) {
      this.timers.delete(timer);
      this.time = timer.due;
      timer.callback();
      await settle();
    }
    this.time = end;
  }

  /** Of two timers for the same moment, the one set first comes first, as with Node's. */
  private nextUntil(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.timers) if (!next || timer.due < next.due) next = timer;
    return next && next.due <= end ? next : undefined;
  }
}

/** Resolves when everything that needs no time has happened: all promises that can settle have. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
