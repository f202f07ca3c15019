// For `npm run bench` (see eventLoop.ts): `node --import eventLoop.mjs?file=PATH` writes at each SIGUSR2 how late the
// event loop was since the signal before.
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const file = new URL(import.meta.url).searchParams.get("file");
const intervalMs = 10;
const delays = monitorEventLoopDelay({ resolution: intervalMs });
delays.enable();
let report = 0;

process.on("SIGUSR2", () => {
  // Each is the time from one tick of a timer to the next: what is over the interval came late.
  const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - intervalMs);
  const [p50, p99, max] = [delays.percentile(50), delays.percentile(99), delays.max].map(late);
  delays.reset();
  writeFileSync(`${file}.new`, JSON.stringify({ report: ++report, p50, p99, max }));
  renameSync(`${file}.new`, file);
});
