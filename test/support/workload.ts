import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Limits } from "../../src/tasks/limits";
import { isEnded, type Task } from "../../src/tasks/task";
import { eventually } from "./eventually";
import { callTool } from "./headless";
import { processTreeCommand } from "./processes";
import type { Product } from "./product";
import type { Sshd } from "./sshd";
import type { TcpProxy } from "./tcpProxy";
import { editor } from "./vscode";

/** How often each thing happens. */
export interface Work {
  /** Tasks that end by themselves. */
  readonly tasks: number;
  readonly cancelsInLaunch: number;
  /** Cancels of running trees, one batch at once each. */
  readonly cancelsOfTrees: readonly number[];
  /** Rounds in which so many connections with a task each are lost. */
  readonly lostLinks: readonly number[];
  readonly takenBack: number;
  readonly sessions: number;
  readonly panels: number;
}

export interface Workplace {
  readonly product: Product;
  /** Those of the product, to be changed. */
  readonly limits: { -readonly [Name in keyof Limits]: Limits[Name] };
  readonly sshd: Sshd;
  /** On the way to the server. */
  readonly proxy: TcpProxy;
}

const alias = "build01";
/** The sleeps of all tasks. */
const seconds = "31536";

/** Does all of it, one kind after the other, and clears the tasks; nothing is under way at the end. */
export async function doWork(place: Workplace, work: Work): Promise<void> {
  const client = await place.product.connect("worker");
  await each(work.tasks, 20, (n) => endByItself(place.product, client, n));
  await cancelLaunches(place, client, work.cancelsInLaunch);
  for (const count of work.cancelsOfTrees) await cancelTrees(place, client, count);
  for (const [round, count] of work.lostLinks.entries()) await loseLinks(place, count, round);
  await takeBack(place, client, work.takenBack);
  await openSessions(place, work.sessions);
  await openPanels(place, client, work.panels);
  await endSession(client);
  await editor.registered.get("sshTasks.clearFinishedTasks")?.();
  assert.deepEqual(place.product.tasks.listTasks(), []);
}

/** Runs so many tasks, one after the other. */
export async function runTasks(product: Product, count: number): Promise<void> {
  await each(count, 1, async () => {
    const { id } = await startTask(product, "true");
    const task = await product.tasks.waitForTask(id, { timeoutMs: 60_000 });
    assert.equal(task?.status, "completed", JSON.stringify(task));
  });
}

/** Cancels one task that is seen running. */
export async function cancelRunning(product: Product): Promise<void> {
  const [task] = await startRunning(product, 1, `sleep ${seconds}; exit`);
  assert.ok(task);
  await product.tasks.cancelTask(task.id, { requestedBy: "palette", reason: "test" });
  await expectCancelled(product, task.id);
}

/** Does the work for 0 to count - 1, so many at a time. */
async function each(
  count: number,
  atOnce: number,
  work: (n: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function endByItself({ tasks }: Product, client: Client, n: number): Promise<void> {
  const command = `echo out; echo err >&2; exit ${n % 3}`;
  const tool = n % 2 === 0 ? "ssh_run" : "ssh_run_async";
  const { task_id: id } = await callTool(client, tool, { alias, command, max_seconds: 600 });
  const task = await tasks.waitForTask(String(id), { timeoutMs: 60_000 });
  assert.ok(task && "exitCode" in task && task.exitCode === n % 3, JSON.stringify(task));
}

async function cancelLaunches({ product }: Workplace, client: Client, count: number) {
  await each(count, 25, async (n) => {
    const task = await startTask(product, `sleep ${seconds}; exit`);
    // Somewhere between the queue and the begin of the command.
    await delay((n % 10) * 8);
    await cancelByDoor(product, client, task.id, n);
    await expectCancelled(product, task.id);
  });
}

async function cancelTrees({ product }: Workplace, client: Client, count: number) {
  const tasks = await startRunning(product, count, processTreeCommand(seconds));
  await each(count, count, async (n) => {
    const { id } = tasks[n] ?? assert.fail();
    await cancelByDoor(product, client, id, n);
    await expectCancelled(product, id);
  });
}

async function loseLinks(
  { product, limits, sshd, proxy }: Workplace,
  count: number,
  round: number,
) {
  const usual = limits.maxTasksPerConnection;
  limits.maxTasksPerConnection = 1;
  const tasks = await startRunning(product, count, `sleep ${seconds}; exit`);
  if (round % 2 === 0) proxy.cut();
  else sshd.killConnections();
  await each(count, count, async (n) => {
    const task = await product.tasks.waitForTask(tasks[n]?.id ?? "", { timeoutMs: 60_000 });
    assert.ok(task?.status === "failed" && task.receipt?.verified, JSON.stringify(task));
  });
  limits.maxTasksPerConnection = usual;
}

async function takeBack({ product }: Workplace, client: Client, count: number) {
  await each(count, 20, async (n) => {
    const controller = new AbortController();
    const args = { alias, command: `sleep ${seconds}; exit` };
    const answer = callTool(client, "ssh_run", args, controller.signal).then(
      () => "answered",
      () => "taken back",
    );
    await delay((n % 10) * 20);
    controller.abort();
    assert.equal(await answer, "taken back");
  });
  await allAreOver(product);
}

/** Half of the sessions are ended while a call is under way. */
async function openSessions({ product }: Workplace, count: number) {
  await each(count, 5, async (n) => {
    const client = await product.connect(`client ${n}`);
    await callTool(client, "ssh_list_hosts");
    const call = callTool(client, "ssh_run", { alias, command: "sleep 0.3" }).catch(
      () => undefined,
    );
    if (n % 2 === 0) await call;
    await endSession(client);
    await call;
  });
  await allAreOver(product);
}

async function endSession(client: Client): Promise<void> {
  const { transport } = client;
  assert.ok(transport instanceof StreamableHTTPClientTransport);
  await transport.terminateSession();
  await client.close();
}

/** Every panel is closed with changes not told yet and a question not answered yet. */
async function openPanels({ product }: Workplace, client: Client, count: number) {
  const [task] = await startRunning(product, 1, `while echo line; do sleep 0.1; done`);
  assert.ok(task);
  for (let n = 0; n < count; n++) {
    await editor.registered.get("sshTasks.openPanel")?.();
    const page = editor.panels.pop() ?? assert.fail();
    page.say({ type: "ready", body: {} });
    const cursor = product.tasks.outputSize(task.id);
    page.say({ type: "readOutput", body: { question: n, taskId: task.id, cursor } });
    if (n % 5 === 0) page.setVisible(false);
    await startTask(product, "true");
    page.dispose();
  }
  await cancelByDoor(product, client, task.id, 0);
  await allAreOver(product);
}

function startTask({ tasks }: Product, command: string): Promise<Task> {
  return tasks.startTask({ alias, command, startedBy: "palette" });
}

async function startRunning(product: Product, count: number, command: string): Promise<Task[]> {
  const tasks = await Promise.all(Array.from({ length: count }, () => startTask(product, command)));
  await eventually(
    `${count} tasks run`,
    () => tasks.every(({ id }) => product.tasks.getTask(id)?.status === "running"),
    60_000,
  );
  return tasks;
}

async function cancelByDoor({ tasks }: Product, client: Client, id: string, n: number) {
  const door = n % 3;
  if (door === 0) await callTool(client, "ssh_cancel", { task_id: id });
  else if (door === 1) await editor.registered.get("sshTasks.cancelTask")?.(id);
  else await tasks.cancelTask(id, { requestedBy: "webview", reason: "test", graceSeconds: 1 });
}

async function expectCancelled({ tasks }: Product, id: string): Promise<void> {
  const task = await tasks.waitForTask(id, { timeoutMs: 60_000 });
  assert.equal(task?.status, "cancelled", JSON.stringify(task));
}

async function allAreOver({ tasks }: Product): Promise<void> {
  const open = (): Task[] => tasks.listTasks().filter((task) => !isEnded(task));
  await eventually("all tasks are over", () => open().length === 0, 60_000).catch(() =>
    assert.fail(JSON.stringify(open().slice(0, 5), undefined, 1)),
  );
}
