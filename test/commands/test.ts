// `npm test [-- word…]`: every test, or those whose path contains a word.
import { requireProgram, runVisibly } from "../support/childProcesses";
import { packageExtension } from "../support/packageExtension";
import { ensureSystemPrograms, everySystemProgram } from "../support/systemPackages";
import { runTestFile } from "../support/testFile";
import { bundleOf, selectTestFiles } from "../support/testFiles";
import { TestReport } from "../support/testReport";
import { ensureTestUsers } from "../support/testUser";
import { ensureCodeServer, ensureNode24 } from "../support/toolCache";

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => interruption.abort());

void main();

async function main(): Promise<void> {
  const report = new TestReport();
  try {
    await runEverything(process.argv.slice(2), report);
  } catch (error) {
    report.add("npm test", {
      outcome: "failed",
      title: "setting up",
      ms: 0,
      error: messageOf(error),
    });
  }
  process.exit(report.finish() ? 0 : 1);
}

async function runEverything(words: readonly string[], report: TestReport): Promise<void> {
  const { parallel, serial } = selectTestFiles(words);
  ensureSystemPrograms(everySystemProgram);
  await ensureNode24();
  await ensureTestUsers();
  if (words.length === 0) await runCheck(report);
  await runFiles(parallel, 2, report);
  if (serial.length === 0) return;
  await ensureCodeServer();
  await packageExtension();
  await runFiles(serial, 1, report);
}

/** Types, lint, format and shellcheck, as one result. */
async function runCheck(report: TestReport): Promise<void> {
  const started = Date.now();
  const result = { title: "check", ms: 0 } as const;
  try {
    await runVisibly(requireProgram("npm"), ["run", "check"], { signal: interruption.signal });
    report.add("npm run", { ...result, outcome: "passed", ms: Date.now() - started });
  } catch (error) {
    report.add("npm run", { ...result, outcome: "failed", error: messageOf(error) });
  }
}

async function runFiles(
  files: readonly string[],
  concurrency: number,
  report: TestReport,
): Promise<void> {
  const waiting = [...files];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      await runFile(file, report);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

async function runFile(file: string, report: TestReport): Promise<void> {
  await runTestFile({
    path: bundleOf(file),
    onResult: (result) => report.add(file, result),
    signal: interruption.signal,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
