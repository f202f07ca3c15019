import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { boundToParent, endProcessGroup } from "./childProcesses";
import { killByEnvironment } from "./processes";
import { repositoryRoot } from "./repo";
import { TestEvents, type TestEvent, type TestResult } from "./testEvents";

export interface TestFileOptions {
  /** The bundled test file. */
  readonly path: string;
  readonly onResult: (result: TestResult) => void;
  /** Aborting it ends the file's process and all of its group. */
  readonly signal: AbortSignal;
  /** How long a file may be silent before it is taken for stuck. */
  readonly silenceMs?: number;
  /** The bound of a test that names none. */
  readonly testTimeoutMs?: number;
}

const defaultTestTimeoutMs = 10_000;
const defaultSilenceMs = 180_000;
const outputLimit = 64 * 1024;

/** Runs one bundled test file in a process of its own; a crash, a hang and an empty file are failed results too. */
export async function runTestFile(options: TestFileOptions): Promise<void> {
  const mark = randomBytes(8).toString("hex");
  const scratch = await makeScratch();
  const child = startTestFile(options, { mark, scratch });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const count = (result: TestResult): void => {
    counts[result.outcome]++;
    options.onResult(result);
  };
  const watch = new SilenceWatch(child, options);
  const enough = new AbortController();
  const reading = { mark, onResult: count, onLine: () => watch.restart(), signal: enough.signal };
  const output = readOutput(child, reading);
  const [code, signal] = await exited;
  watch.stop();
  await endProcessGroup(child);
  // What it left running elsewhere may hold its output open for ever.
  const timer = setTimeout(() => enough.abort(), 1_000);
  const text = await output;
  clearTimeout(timer);
  await removeScratch(scratch);
  const fault = watch.fault ?? faultOf(code, signal, counts);
  if (fault) count({ outcome: "failed", title: fault, ms: 0, error: text });
}

function startTestFile(
  { path, testTimeoutMs = defaultTestTimeoutMs }: TestFileOptions,
  { mark, scratch }: { mark: string; scratch: string },
): ChildProcess {
  const support = join(repositoryRoot(), "test/support");
  const [file, args] = boundToParent(process.execPath, [
    "--enable-source-maps",
    `--import=${join(support, "testDefaults.mjs")}`,
    `--test-reporter=${join(support, "testReporter.mjs")}`,
    path,
  ]);
  return spawn(file, args, {
    cwd: repositoryRoot(),
    env: {
      ...process.env,
      TMPDIR: scratch,
      SSH_TASKS_TEST_MARK: mark,
      SSH_TASKS_TEST_TIMEOUT_MS: String(testTimeoutMs),
    },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** A TMPDIR of the file's own, open to the test user like any. Short, for the sockets that VS Code makes in it. */
async function makeScratch(): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "st-"));
  await chmod(scratch, 0o1777);
  return scratch;
}

/** Removes what a file that was ended before its clean-up has left: servers too know themselves by their TMPDIR. */
async function removeScratch(scratch: string): Promise<void> {
  await killByEnvironment(`TMPDIR=${scratch}`);
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
}

interface OutputReading {
  readonly mark: string;
  readonly onResult: (result: TestResult) => void;
  readonly onLine: () => void;
  readonly signal: AbortSignal;
}

/** Hands over the results, and resolves with the end of everything else that the process prints. */
async function readOutput(
  child: ChildProcess,
  { mark, onResult, onLine, signal }: OutputReading,
): Promise<string> {
  const events = new TestEvents();
  let text = "";
  const read = (line: string): void => {
    onLine();
    if (!line.startsWith(mark)) {
      if (line !== "") text = `${text}${line}\n`.slice(-outputLimit);
      return;
    }
    const result = events.read(JSON.parse(line.slice(mark.length)) as TestEvent);
    if (result) onResult(result);
  };
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  await Promise.all(
    streams.map((input) => once(createInterface({ input, signal }).on("line", read), "close")),
  );
  return text;
}

/** Ends a process that has been silent for too long, or is no longer wanted. */
class SilenceWatch {
  fault: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly silenceMs: number;
  private readonly onAbort = (): void => this.end("interrupted");

  constructor(
    private readonly child: ChildProcess,
    private readonly options: TestFileOptions,
  ) {
    this.silenceMs = options.silenceMs ?? defaultSilenceMs;
    options.signal.addEventListener("abort", this.onAbort, { once: true });
    if (options.signal.aborted) this.onAbort();
    this.restart();
  }

  restart(): void {
    clearTimeout(this.timer);
    const what = `the file does not end: silent for ${this.silenceMs / 1000} s`;
    this.timer = setTimeout(() => this.end(what), this.silenceMs);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.options.signal.removeEventListener("abort", this.onAbort);
  }

  private end(fault: string): void {
    this.fault ??= fault;
    void endProcessGroup(this.child);
  }
}

function faultOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  { passed, failed, skipped }: Record<TestResult["outcome"], number>,
): string | undefined {
  if (failed > 0) return undefined;
  if (code !== 0) return `the file ended with ${signal ?? `exit code ${code ?? "unknown"}`}`;
  return passed + skipped === 0 ? "the file ran no test" : undefined;
}
