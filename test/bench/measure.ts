import { performance } from "node:perf_hooks";

/** Work to be timed; where it times itself, its ms. */
export type Work = () => Promise<unknown>;

/**
 * Times several works in ms, each once per round, so that the noise of the machine meets all of them; the one that begins
 * changes from round to round. A round before the first warms up.
 */
export async function interleave<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, Work>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(works) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (const name of names) await works[name]();
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)])
      times[name].push(await timeOf(works[name]));
  }
  return times;
}

/** How long one run of it takes in ms. */
export async function timeOf(work: Work): Promise<number> {
  const start = performance.now();
  const own = await work();
  return typeof own === "number" ? own : performance.now() - start;
}

/** Runs the work so many times, `workers` at a time. */
export async function repeat(times: number, workers: number, work: Work): Promise<void> {
  let left = times;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** The value below which this share of them lies; of 0.5 the upper median. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
