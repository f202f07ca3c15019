/** The work's result, or a rejection as soon as the signal is aborted; the work goes on for whoever else waits for it. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined); // it comes too late to tell anybody
    return Promise.reject(asReason(signal));
  }
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(asReason(signal));
    signal.addEventListener("abort", onAbort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Why the signal was aborted, as an Error. */
export function asReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("aborted");
}
