import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { OutputSink, RemoteEnd, RemoteTask } from "../../src/tasks/remoteHost";
import { TaskError } from "../../src/tasks/taskError";
import { eventually } from "../support/eventually";
import { createLaunch } from "../support/launches";
import { findProcesses, killAll, uniqueMarker } from "../support/processes";
import { createSshTasks, type SshHarness } from "../support/sshHarness";

/** A task, and what was heard of it so far. */
interface Followed {
  readonly taskId: string;
  readonly remote: RemoteTask;
  readonly links: boolean[];
  out: string;
  end?: RemoteEnd;
}

describe("durable tasks on a host where few files may be open", { timeout: 60_000 }, () => {
  let ssh: SshHarness;
  let state: string;
  const marker = uniqueMarker();
  before(async () => {
    state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
    ssh = await createSshTasks({ environment: { XDG_STATE_HOME: state }, openFiles: 48 });
  });
  after(async () => {
    await killAll(marker);
    await ssh.close();
    rmSync(state, { recursive: true, force: true });
  });

  let count = 0;
  const start = (): Followed => {
    const taskId = `build01:${marker}:${++count}`;
    const command = `echo hello; exec sleep ${marker}`;
    return followed(taskId, (sinks) =>
      ssh.hosts.host("build01").start({ ...createLaunch({ taskId, command }), ...sinks }),
    );
  };

  /** As another window does. */
  const adopt = ({ taskId }: Followed): Followed =>
    followed(taskId, ({ onOutput, onLink }) => {
      const task = { taskId, process: undefined, follow: true, from: { stdout: 0, stderr: 0 } };
      const sinks = { onOutput, onLink, onGap: () => undefined };
      return ssh.hosts.host("build01").adopt({ ...task, ...sinks });
    });

  function followed(
    taskId: string,
    begin: (sinks: {
      durable: boolean;
      onOutput: OutputSink;
      onLink: (connected: boolean) => void;
    }) => RemoteTask,
  ): Followed {
    const links: boolean[] = [];
    const onOutput: OutputSink = (_, bytes) => (task.out += bytes.toString());
    const remote = begin({
      durable: true,
      onOutput,
      onLink: (connected) => links.push(connected),
    });
    const task: Followed = { taskId, remote, links, out: "" };
    void remote.ended.then((end) => (task.end = end));
    return task;
  }

  const allSleep = (of: number): Promise<unknown> =>
    eventually("they sleep", () => findProcesses(marker).length === of);

  it("fail, with the reason and what to do, where they can't be started", async () => {
    const tasks = Array.from({ length: 60 }, start);
    await eventually("each runs or has failed", () =>
      tasks.every(({ out, end }) => out === "hello\n" || end),
    );

    const refused = tasks.filter(({ end }) => end);
    const running = tasks.filter(({ end }) => !end);

    assert.ok(running.length >= 10, `${running.length} run`);
    assert.ok(refused.length > 0);
    for (const { end, remote } of refused) {
      assert.ok(end?.kind === "neverRan" && end.error instanceof TaskError, JSON.stringify(end));
      assert.equal(end.error.code, "hostExhausted");
      assert.equal(await remote.started, undefined);
    }
    await allSleep(running.length);
    await killAll(marker);
    for (const { remote } of running)
      assert.deepEqual(await remote.ended, { kind: "exited", exitCode: 137 });
    for (const { remote } of tasks) remote.forget();
  });

  it("are followed later where they can't be now, and nothing of them is lost", async () => {
    const tasks: Followed[] = [];
    for (let rounds = 0; rounds < 6; rounds++) {
      const some = Array.from({ length: 8 }, start);
      await eventually("they run", () => some.every(({ out }) => out === "hello\n"));
      for (const { remote } of some) remote.release();
      tasks.push(...some);
    }
    await allSleep(tasks.length);

    const again = tasks.map(adopt);

    const waits = (): Followed[] => again.filter(({ links }) => links.at(-1) === false);
    const isLinked = ({ links }: Followed): boolean => links.at(-1) === true;
    await eventually("as many as can be are followed", () => again.filter(isLinked).length >= 20);
    await eventually("the others wait", () => again.every(({ links }) => links.length > 0));
    assert.ok(waits().length > 0);
    assert.ok(waits().every(({ links, end }) => !links.includes(true) && !end));
    await killAll(marker);
    for (const { remote } of again)
      assert.deepEqual(await remote.ended, { kind: "exited", exitCode: 137 });
    assert.ok(again.every(({ out }) => out === "hello\n"));
    for (const { remote } of again) remote.forget();
  });
});
