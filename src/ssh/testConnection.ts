import { randomBytes } from "node:crypto";
import { systemClock, within } from "../tasks/clock";
import type { ConnectionTest, PassedStep, StepReport, TestOptions } from "../tasks/hostConnections";
import type { Limits } from "../tasks/limits";
import { TaskError } from "../tasks/taskError";
import { abortable } from "./abortable";
import { isNoPosixHost } from "./attachedTask";
import type { HostChannel, HostConnection } from "./hostConnection";
import { hostSilent, shellFailed } from "./sshErrors";
import { StepReporter, type OnStep } from "./stepReporter";

/** What follows an attempt to connect, and may end it. */
export interface ConnectWatch {
  readonly onStep: OnStep;
  readonly signal: AbortSignal;
}

export interface TestParts {
  readonly open: (watch: ConnectWatch) => Promise<HostConnection>;
  /** Is told of the attempt, and gives it back. */
  readonly follow: (attempt: Promise<HostConnection>) => Promise<HostConnection>;
  readonly limits: Pick<Limits, "launchSeconds">;
}

/** More of what a shell says is not kept. */
const maxNoise = 4096;

/** Opens a connection and a shell over it, and closes both. As `HostConnections.testConnection`. */
export async function testConnection(
  alias: string,
  parts: TestParts,
  { onStep, signal }: TestOptions,
): Promise<ConnectionTest> {
  const since = performance.now();
  const steps = new StepList(onStep);
  const watch = { onStep: (report: StepReport) => steps.add(report), signal };
  const end = (): ConnectionTest => ({ alias, ...steps.seen, ms: performance.now() - since });
  try {
    await goThrough(alias, parts, watch);
    return end();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TaskError)) throw error;
    const { code, message } = error;
    const { current: step } = steps;
    return { ...end(), failure: { code, message, at: Date.now(), ...(step && { step }) } };
  }
}

async function goThrough(alias: string, parts: TestParts, watch: ConnectWatch): Promise<void> {
  const { signal, onStep } = watch;
  const opening = parts.open(watch);
  // Where the test is given up, the connection may still come.
  signal.addEventListener("abort", () => {
    opening.then((connection) => connection.end()).catch(() => undefined);
  });
  const connection = await parts.follow(abortable(opening, signal));
  try {
    const steps = new StepReporter(alias, onStep);
    steps.begin("shell");
    steps.pass(await abortable(tryShell(alias, connection, parts.limits), signal));
  } finally {
    connection.end();
  }
}

/** @returns what is to be said of the shell, often nothing. */
async function tryShell(
  alias: string,
  connection: HostConnection,
  { launchSeconds: seconds }: TestParts["limits"],
): Promise<string> {
  const nonce = randomBytes(16).toString("hex");
  const { saying } = await connection.openShell((channel) => ({ saying: hear(channel, nonce) }));
  const said = await within(systemClock, seconds * 1000, saying);
  if (said === undefined) throw hostSilent(alias, "start a shell", seconds);
  if (said.includes(answerTo(nonce))) return "";
  if (connection.goneBecause) throw connection.goneBecause;
  if (isNoPosixHost(connection.serverVersion, said)) return "no POSIX shell";
  throw shellFailed(alias, said.trim());
}

/** What a shell says until it has answered, or has ended. */
function hear(channel: HostChannel, nonce: string): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const onData = (bytes: Buffer): void => {
      said = (said + bytes.toString()).slice(-maxNoise);
      if (said.includes(answerTo(nonce))) resolve(said);
    };
    channel.on("data", onData);
    channel.stderr.on("data", onData);
    channel.once("close", () => resolve(said));
    channel.write(`printf '<%s>\\n' '${nonce}'; exit\n`);
  });
}

/** Not what was sent: there are hosts that copy that. */
function answerTo(nonce: string): string {
  return `<${nonce}>`;
}

/** The steps of one test; those of an attempt that is made again count once. */
class StepList {
  private passed: PassedStep[] = [];
  current: Pick<StepReport, "host" | "step"> | undefined;

  constructor(private readonly onStep: TestOptions["onStep"]) {}

  get seen(): Pick<ConnectionTest, "passed"> {
    return { passed: this.passed };
  }

  add(report: StepReport): void {
    const { state, ...step } = report;
    if (state === "passed") {
      const { detail, ms } = report;
      this.passed.push({ host: step.host, step: step.step, detail, ms });
      this.current = undefined;
    } else {
      const again = this.passed.findIndex(
        (one) => one.host === step.host && one.step === step.step,
      );
      if (again >= 0) this.passed.splice(again);
      this.current = { host: step.host, step: step.step };
    }
    this.onStep(report);
  }
}
