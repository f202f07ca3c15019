import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TaskError } from "../../../src/tasks/taskError";
import type { FakeRemoteTask } from "../../support/fakeRemoteHost";
import { resultOf, type Fields } from "../createMcp";
import { aliasTools, allTools, createContract, runTools, taskTools } from "./createContract";

const run = { alias: "build01", command: "sleep 600" };

describe("a client", () => {
  it("is answered by every other tool while ssh_run waits, and can find and end what that runs", async (t) => {
    const { call, ask, launched } = await createContract(t);
    const waiting = call("ssh_run", run);
    (await launched(1)).run();

    for (const [tool, args] of allTools) if (tool !== "ssh_run") await call(tool, args);
    const { tasks } = await ask("ssh_list_tasks", { status: "running" });
    const [{ task_id } = {}] = tasks as Fields[];
    const answer = await ask("ssh_cancel", { task_id });

    assert.equal(answer.status, "cancelled");
    assert.equal((resultOf(await waiting) as Fields).cancelled, true);
  });

  it("is sent nothing it did not ask for but messages of what it starts, whatever becomes of its tasks", async (t) => {
    const { client, clock, launched } = await createContract(t);
    const heard: string[] = [];
    client.fallbackNotificationHandler = ({ method }) => Promise.resolve(void heard.push(method));
    const progress: string[] = [];
    const call = (name: string, args: Fields) => {
      let answered = false;
      const onprogress = (): void => void (answered ? heard : progress).push(`progress of ${name}`);
      const answer = client.callTool({ name, arguments: args }, undefined, { onprogress });
      return answer.finally(() => (answered = true));
    };

    for (const tool of runTools) {
      const answered = call(tool, run);
      const remote = await launched(runTools.indexOf(tool) + 1);
      remote.run();
      remote.write("stdout", "line\n");
      await clock.advance(10_000);
      await call("ssh_cancel_async_task", { task_id: remote.taskId });
      await answered;
    }

    await clock.advance(10_000);
    assert.deepEqual([...new Set(heard)], ["notifications/message"]);
    assert.deepEqual([...new Set(progress)], ["progress of ssh_run"]);
  });

  it("gets an id of its own for each of several equal commands at once, and reaches them all", async (t) => {
    const { ask } = await createContract(t);

    const started = await Promise.all(Array.from({ length: 4 }, () => ask("ssh_run_async", run)));

    const ids = started.map(({ task_id }) => task_id);
    assert.equal(new Set(ids).size, 4);
    for (const task_id of ids) {
      assert.equal((await ask("ssh_get_task_status", { task_id })).task_id, task_id);
    }
  });

  it("reaches with every tool the tasks on a host whose alias has dots", async (t) => {
    const { ask, hosts } = await createContract(t);
    const { task_id, alias } = await ask("ssh_run_async", { ...run, alias: "web.example.com" });
    hosts.last.run();
    hosts.last.exit(0);

    assert.equal(alias, "web.example.com");
    for (const tool of taskTools) assert.equal((await ask(tool, { task_id })).task_id, task_id);
  });

  it("is told the same keepAlive and pollFrequency at the start and later", async (t) => {
    const { ask, clock } = await createContract(t, { limits: { keepSeconds: 1234 } });
    const { task_id, keepAlive, pollFrequency } = await ask("ssh_run_async", run);
    await clock.advance(100_000);

    const status = await ask("ssh_get_task_status", { task_id });

    assert.deepEqual([keepAlive, pollFrequency], [1234, 5]);
    assert.deepEqual([status.keepAlive, status.pollFrequency], [1234, 5]);
  });

  it("has the result of a task as soon as its cancel has answered, and for good", async (t) => {
    const { ask, startRunning, clock } = await createContract(t);
    const { task, remote } = await startRunning();
    remote.write("stdout", "half");
    await ask("ssh_cancel_async_task", { task_id: task.id });

    const result = await ask("ssh_get_task_result", { task_id: task.id });
    await clock.advance(1000_000);

    assert.deepEqual([result.status, result.output], ["cancelled", "half"]);
    assert.deepEqual(await ask("ssh_get_task_result", { task_id: task.id }), result);
  });
});

describe("a sentence about a failure", () => {
  const sentence =
    "SSH key file /home/me/.ssh/id_ed25519 not found for dev@web.example.com (192.0.2.1:22, [::1]:2222). " +
    "Set IdentityFile in ~/.ssh/config, or type the password: once.";

  /** Without what is the user's alone; the words are the same. */
  const told =
    "SSH key file [path] not found for [user@host] ([ip], [ip]). " +
    "Set IdentityFile in ~/.ssh/config, or type the password: once.";

  it("reaches the client in the same words, without paths, accounts and addresses", async (t) => {
    const { call, hosts } = await createContract(t);
    hosts.onLaunch = (remote: FakeRemoteTask) =>
      remote.failToStart(new TaskError("signInFailed", sentence));

    const ran = await call("ssh_run", run);
    const { task_id, ...fields } = resultOf(ran) as Fields;
    const result = resultOf(await call("ssh_get_task_result", { task_id })) as Fields;

    assert.equal(ran.isError, true);
    assert.deepEqual([fields.output, fields.error], [told, told]);
    assert.deepEqual([result.output, result.error], [told, told]);
  });

  it("says of a configuration that can't be read just that, and no host is taken for missing", async (t) => {
    const { fail, catalog } = await createContract(t);
    catalog.failure = new TaskError("configUnreadable", sentence);

    assert.equal(await fail("ssh_list_hosts"), `Error: ${told}`);
    for (const [tool, prefix] of aliasTools) {
      assert.equal(await fail(tool, run), `${prefix}: ${told}`);
    }
  });
});
