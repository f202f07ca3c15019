import type { Disposable } from "./lifecycle";

/** Time, as the core sees it; tests drive it by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch, to be shown: somebody may set this clock at any time. */
  now(): number;
  /** Milliseconds, for what is measured, on a clock that nobody sets; what it counts from means nothing. */
  elapsed(): number;
  /** Not quite `ms`, each time another, so that what waits for the same does not come all at once. */
  about(ms: number): number;
  /** Calls back once after `ms` milliseconds unless disposed before. */
  after(ms: number, callback: () => void): Disposable;
}

/** Above it setTimeout fires at once (Node.js timers documentation). */
const longestTimeout = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  about: (ms) => ms * (0.75 + Math.random() / 2),
  after(ms, callback) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      const step = Math.min(left, longestTimeout);
      timer = setTimeout(() => (left > step ? wait(left - step) : callback()), step);
    };
    wait(ms);
    return { dispose: () => clearTimeout(timer) };
  },
};

/** The work's result, or undefined when it takes longer than `ms` milliseconds; the work goes on behind that. */
export async function within<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
): Promise<T | undefined> {
  let timer: Disposable | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = clock.after(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer?.dispose();
  }
}
