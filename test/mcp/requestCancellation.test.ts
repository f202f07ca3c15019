import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { RequestCancellation } from "../../src/mcp/requestCancellation";
import { eventually } from "../support/eventually";
import type { FakeRemoteTask } from "../support/fakeRemoteHost";
import { settle } from "../support/fakeClock";
import { createMcp } from "./createMcp";
import { RawClient } from "./rawClient";

const run = { alias: "build01", command: "sleep 600" };

describe("ssh_run", () => {
  it("cancels its task when the client takes the request back, as Stop does in VS Code", async (t) => {
    const { call, launched, tasks } = await createMcp(t);
    const stop = new AbortController();
    const stopped = assert.rejects(call("ssh_run", run, stop.signal), /AbortError/);
    const remote = await launched(1);
    remote.run();

    stop.abort();

    await stopped;
    const task = await eventually("the task is cancelled", () => {
      const now = tasks.getTask(remote.taskId);
      return now?.status === "cancelled" && now;
    });
    assert.equal(task.receipt.requestedBy, "agent:test client");
    assert.equal(task.receipt.reason, "request stopped by the client");
    assert.equal(task.receipt.verified, true);
  });

  it("cancels its task when the request is taken back without a reason, before it reached the host", async (t) => {
    const { endpoint, launched, tasks } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    const response = await client.call("ssh_run", run);
    const remote = await launched(1);

    await client.takeBack();

    const task = await eventually("the task is cancelled", () => {
      const now = tasks.getTask(remote.taskId);
      return now?.status === "cancelled" && now;
    });
    assert.equal(task.receipt.processesFound, 0);
    await response.body?.cancel();
  });

  it("cancels its task when the request is overtaken by what takes it back, and none of a later request", async (t) => {
    const { endpoint, hosts, tasks } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    await client.takeBackNext();

    const response = await client.call("ssh_run", run);

    const cancelled = (): boolean => tasks.listTasks()[0]?.status === "cancelled";
    await eventually("the task is cancelled", cancelled);
    await response.body?.cancel();
    const next = await client.call("ssh_run", run);
    const isReady = ({ state }: FakeRemoteTask): boolean => state === "admitted";
    const remote = await eventually("it is launched", () => hosts.launched.find(isReady));
    remote.run();
    await client.ping();
    assert.equal(tasks.getTask(remote.taskId)?.status, "running");
    await next.body?.cancel();
  });

  it("leaves a task alone that ended before the request was taken back", async (t) => {
    const { endpoint, launched, tasks, log } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    const response = await client.call("ssh_run", run);
    const remote = await launched(1);
    remote.run();
    remote.exit(0);
    await response.text();

    await client.takeBack();
    await client.ping();

    assert.equal(tasks.getTask(remote.taskId)?.status, "completed");
    assert.deepEqual(
      log.filter((line) => line.includes("cancel of")),
      [],
    );
  });

  const endings: [string, (client: RawClient, hangUp: AbortController) => unknown][] = [
    ["the stream of its answer is dropped", (_client, hangUp) => hangUp.abort()],
    ["its session is closed", (client) => client.endSession()],
  ];
  for (const [what, end] of endings) {
    it(`goes on when ${what}`, async (t) => {
      const { endpoint, ask, launched, tasks, log } = await createMcp(t);
      const client = await RawClient.connect(endpoint);
      const hangUp = new AbortController();
      const response = await client.call("ssh_run", run, hangUp.signal);
      const gone = response.text().catch(() => "");
      const remote = await launched(1);
      remote.run();
      await settle();

      await end(client, hangUp);
      await gone;
      await ask("ssh_ping");

      assert.equal(tasks.getTask(remote.taskId)?.status, "running");
      assert.equal(remote.climbs.length, 0);
      remote.write("stdout", "done\n");
      remote.exit(0);
      const result = await ask("ssh_get_task_result", { task_id: remote.taskId });
      assert.equal(result.output, "done");
      assert.deepEqual(
        log.filter((line) => /^(error|warn)|cancel of/.test(line)),
        [],
      );
    });
  }

  it("goes on when its session makes room for another one", async (t) => {
    const { endpoint, launched, tasks } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    const response = await client.call("ssh_run", run);
    const remote = await launched(1);
    remote.run();
    await response.body?.cancel();

    for (let i = 0; i < 64; i++) await RawClient.connect(endpoint);

    assert.equal((await client.ping()).status, 404);
    assert.equal(tasks.getTask(remote.taskId)?.status, "running");
  });

  it("goes on when the endpoint is disposed", async (t) => {
    const { endpoint, launched, tasks, log } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    const response = await client.call("ssh_run", run);
    const gone = response.text().catch(() => "");
    const remote = await launched(1);
    remote.run();

    await endpoint.dispose();
    await gone;
    await settle();

    assert.equal(tasks.getTask(remote.taskId)?.status, "running");
    remote.exit(0);
    await settle();
    assert.equal(tasks.getTask(remote.taskId)?.status, "completed");
    assert.ok(!log.some((line) => line.includes("MCP session")), "nobody is answered any more");
  });
});

describe("ssh_run_async", () => {
  it("cancels its task when the request is taken back before the id was returned", async (t) => {
    const { endpoint, catalog, tasks, hosts } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    let lookUp: () => void = () => undefined;
    const known = new Promise<void>((resolve) => (lookUp = resolve));
    const [host] = catalog.hosts;
    const lookedUp = t.mock.method(catalog, "findHost", () => known.then(() => host));
    const response = await client.call("ssh_run_async", run);
    await eventually("the host is looked up", () => lookedUp.mock.callCount() === 1);

    await client.takeBack();
    await settle();
    lookUp();

    await eventually("the task is cancelled", () => {
      return tasks.getTask(hosts.last.taskId)?.status === "cancelled";
    });
    await response.body?.cancel();
  });

  it("leaves its task alone once the id was returned", async (t) => {
    const { endpoint, hosts, tasks } = await createMcp(t);
    const client = await RawClient.connect(endpoint);
    await (await client.call("ssh_run_async", run)).text();

    await client.takeBack();
    await client.endSession();
    await settle();

    assert.equal(tasks.getTask(hosts.last.taskId)?.status, "pending");
  });
});

describe("ssh_cancel_async_task", () => {
  it("goes on cancelling when the request is taken back", async (t) => {
    const { endpoint, startRunning, tasks } = await createMcp(t);
    const { task, remote } = await startRunning();
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    remote.onCancel = async () => {
      await asked;
      return remote.endTree();
    };
    const client = await RawClient.connect(endpoint);
    const response = await client.call("ssh_cancel_async_task", { task_id: task.id });
    await eventually("the host is asked", () => remote.climbs.length === 1);

    await client.takeBack();
    answer();

    await eventually("it is cancelled", () => tasks.getTask(task.id)?.status === "cancelled");
    await response.body?.cancel();
  });
});

describe("a request's signal", () => {
  const createTransport = (onclose?: () => void): Transport => ({
    start: () => Promise.resolve(),
    send: () => Promise.resolve(),
    close: () => Promise.resolve(),
    ...(onclose && { onclose }),
  });

  it("that is aborted before anyone looked counts as taken back", () => {
    const cancellation = new RequestCancellation();
    cancellation.watch(createTransport());

    assert.equal(cancellation.takenBack(AbortSignal.abort()).aborted, true);
    assert.equal(cancellation.takenBack(new AbortController().signal).aborted, false);
  });

  it("that is aborted after its session closed does not, and who listened before still hears of the close", () => {
    const cancellation = new RequestCancellation();
    let heard = 0;
    const transport = createTransport(() => heard++);
    const request = new AbortController();
    cancellation.watch(transport);
    const takenBack = cancellation.takenBack(request.signal);

    transport.onclose?.();
    request.abort();

    assert.equal(heard, 1);
    assert.equal(takenBack.aborted, false);
    assert.equal(cancellation.takenBack(request.signal).aborted, false);
  });
});
