import type { Disposable } from "./lifecycle";

/** Time, as the core sees it; tests drive it by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls back once after `ms` milliseconds unless disposed before. */
  after(ms: number, callback: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    // setTimeout fires at once above 2^31-1 ms (Node.js timers documentation).
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1));
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
