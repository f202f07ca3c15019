import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { sanitizeError } from "../../src/mcp/sanitizeError";
import { McpEndpoint } from "../../src/mcp/mcpEndpoint";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { SshHosts } from "../../src/ssh/sshHosts";
import { AuditFile } from "../../src/store/auditFile";
import { openWindowJournal } from "../../src/store/windowJournal";
import { keepAuditTrail } from "../../src/tasks/auditTrail";
import { systemClock as clock } from "../../src/tasks/clock";
import type { HostStatus } from "../../src/tasks/hostConnections";
import { defaultLimits, type Limits } from "../../src/tasks/limits";
import type { SignInPrompt } from "../../src/tasks/signInPrompt";
import type { Task } from "../../src/tasks/task";
import { TaskError, type TaskErrorCode } from "../../src/tasks/taskError";
import { TaskManager } from "../../src/tasks/taskManager";
import type { Transport } from "../../src/tasks/transport";
import { connectClient } from "../mcp/createMcp";
import { createLogger } from "./createTasks";
import { openGate } from "./gates";
import { callTool } from "./headless";

/** A host that can't be reached, as its ssh config has it. */
export interface FailingHost {
  /** Lines for the host `build01`, the strongest first. */
  readonly config: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly agentSocket?: string;
  readonly prompt?: SignInPrompt;
  /** Default `true`. */
  readonly command?: string;
  /** A folder for a journal and an audit file. */
  readonly stateDir?: string;
}

/** What is expected of a failure: its code, what its sentence says of the cause, and the next step that it ends with. */
export interface ExpectedFailure {
  readonly code: TaskErrorCode;
  readonly cause: RegExp;
  readonly next: RegExp;
}

/** One failure, as it is seen everywhere. */
export interface SeenFailure {
  readonly task: Task | undefined;
  /** What the tool that ran it answers. */
  readonly answer: Record<string, unknown>;
  readonly status: HostStatus;
  readonly log: readonly string[];
}

/** Runs a command on the host by the tool for it, through all of the core. */
export async function failOn(
  t: TestContext,
  host: FailingHost,
  transport: Transport,
): Promise<SeenFailure> {
  const folder = await mkdtemp(join(tmpdir(), "failed-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const sshConfigFile = join(folder, "config");
  await writeFile(sshConfigFile, ["Host build01", ...host.config, ""].join("\n"), { mode: 0o600 });
  const log: string[] = [];
  const logger = createLogger(log);
  const limits = { ...defaultLimits, connectSeconds: 2, signInSeconds: 2, ...host.limits };
  const catalog = new SshHostCatalog(() => ({ sshConfigFile }), logger);
  const { agentSocket, prompt, command = "true", stateDir } = host;
  const hosts = new SshHosts({
    ...{ catalog, logger, limits, agentSocket, transport: () => transport },
    ...(prompt && { prompt }),
  });
  const store = stateDir === undefined ? undefined : await openWindowJournal(stateDir, logger);
  const kept = store && { store };
  const tasks = new TaskManager({ catalog, hosts, clock, logger, limits, ...kept });
  const path = stateDir === undefined ? undefined : join(stateDir, "audit.jsonl");
  const audit = new AuditFile({ path, logger, withCommands: () => true });
  const trail = keepAuditTrail({ tasks, audit, clock });
  const endpoint = await McpEndpoint.start({
    ...{ tasks, catalog, clock, limits, logger, gate: openGate, version: "0.0.0" },
  });
  const client = await connectClient(endpoint, "test");
  try {
    const answer = await callTool(client, "ssh_run", { alias: "build01", command });
    const task = tasks.getTask(String(answer["task_id"]));
    return { answer, task, status: hosts.status("build01"), log };
  } finally {
    await client.close();
    await endpoint.dispose();
    await tasks.shutdown();
    trail.dispose();
    store?.dispose();
    hosts.dispose();
    await audit.flush();
  }
}

/** The task, the tool, the tree and the log say the same: the cause, the next step, and the code. Gives the sentence. */
export function assertSameEverywhere(seen: SeenFailure, expected: ExpectedFailure): string {
  const { task, answer, status, log } = seen;
  const error = task && "error" in task ? task.error : undefined;
  assert.ok(error instanceof TaskError, JSON.stringify(answer));
  const { code, message } = error;
  assert.equal(code, expected.code, message);
  assert.match(message, expected.cause);
  assert.match(message, expected.next);
  assert.match(message, /^SSH [^.]+\. .*\.$/);
  assert.equal(answer["error"], sanitizeError(message, ["build01"]));
  assert.equal(answer["error_code"], code);
  assert.ok("failure" in status, status.state);
  const { failure } = status;
  assert.deepEqual([failure?.code, failure?.message], [code, message]);
  const warnings = log.filter((line) => /^(?:warn|error): /.test(line));
  assert.deepEqual(warnings, [`warn: build01: ${code}: ${message}`]);
  assert.ok(log.includes(`info: ${String(task?.id)} is failed: ${code}: ${message}`));
  return message;
}
