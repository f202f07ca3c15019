import { setTimeout as delay } from "node:timers/promises";

const pollMs = 20;

/** Resolves with the first truthy answer of the probe; rejects, naming `what`, when none comes within `ms`. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  ms = 10_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= deadline) throw tooLate(what, ms, lastError);
    await delay(pollMs);
  }
}

function tooLate(what: string, ms: number, cause: unknown): Error {
  const last = cause instanceof Error ? `; last error: ${cause.message}` : "";
  return new Error(`Not within ${ms} ms: ${what}${last}`, { cause });
}
