import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { WindowLease } from "../../src/store/windowLease";
import {
  cancelTask,
  joinWindow,
  listProcesses,
  maxOutputBytes,
  protocolVersion,
  proveRight,
  talkOver,
  taskChanged,
} from "../../src/windows/protocol";
import { shareTasks } from "../../src/windows/shareTasks";
import { createTasks } from "../support/createTasks";
import { eventually } from "../support/eventually";

const request = { requestedBy: "palette", reason: "no longer needed" } as const;

/** Windows on one journal, each with a TaskManager and hosts of its own that the test drives. */
async function createWindows(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), "ssh-tasks-share-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const open = async () => {
    const lease = await WindowLease.take(root);
    const harness = createTasks();
    const sharing = shareTasks({
      lease,
      tasks: harness.tasks,
      logger: { ...console, debug: () => undefined },
    });
    let closed = false;
    const close = (): void => {
      if (closed) return;
      closed = true;
      sharing.dispose();
      lease.dispose();
    };
    t.after(close);
    const shows = (id: string, status: string) =>
      eventually(`it shows ${status}`, () => harness.tasks.getTask(id)?.status === status);
    return { ...harness, lease, close, shows };
  };
  return { root, open };
}

/** A client of the socket of a window that has not shown yet that it may ask. */
async function createStranger(t: TestContext, lease: WindowLease) {
  const holder = await WindowLease.holderOf(lease.folder);
  assert.ok(holder);
  const socket = connect(holder.socket);
  const connection = talkOver(socket);
  const heard: unknown[] = [];
  connection.onNotification(taskChanged, (message) => void heard.push(message));
  connection.listen();
  t.after(() => socket.destroy());
  return { socket, connection, heard };
}

describe("windows on one journal", { timeout: 60_000 }, () => {
  it("show each other what runs, from before and from then on, with output and end", async (t) => {
    const { open } = await createWindows(t);
    const first = await open();
    const { task, remote } = await first.startRunning();
    remote.write("stdout", "before\n");
    const ended = await first.startRunning();
    ended.remote.exit(0);

    const second = await open();

    await second.shows(task.id, "running");
    assert.deepEqual(second.tasks.getTask(task.id), first.tasks.getTask(task.id));
    assert.equal(second.tasks.getTask(ended.task.id), undefined);
    const later = await first.startRunning();
    later.remote.write("stderr", "last words\n");
    later.remote.exit(3);
    await second.shows(later.task.id, "failed");
    const said = (id: string) => second.tasks.summarizeOutput(id, 1000);
    assert.equal(said(later.task.id)?.stderr, "last words\n");
    await eventually("its output", () => said(task.id)?.stdout === "before\n");
    remote.write("stdout", "after\n");
    await eventually("its output", () => said(task.id)?.stdout === "before\nafter\n");
    const own = await second.startRunning();
    await first.shows(own.task.id, "running");
    assert.deepEqual([first.tasks.listOwn().length, second.tasks.listOwn().length], [3, 1]);
  });

  it("tell of a flood its end, and the end of the task behind that", async (t) => {
    const { open } = await createWindows(t);
    const [first, second] = [await open(), await open()];
    const { task, remote } = await first.startRunning();
    await second.shows(task.id, "running");

    remote.write("stdout", Buffer.alloc(10 * maxOutputBytes, "x"));
    remote.write("stdout", "end\n");
    remote.exit(0);

    await second.shows(task.id, "completed");
    const { stdout = "", gaps = [] } =
      second.tasks.readOutput(task.id, { stdout: 0, stderr: 0 }, 1e7) ?? {};
    assert.deepEqual([stdout.length, stdout.endsWith("xend\n")], [maxOutputBytes, true]);
    assert.equal(gaps[0]?.to, 9 * maxOutputBytes + 4);
  });

  it("cancel for each other, list processes, and forget together", async (t) => {
    const { open } = await createWindows(t);
    const [first, second] = [await open(), await open()];
    const { task, remote } = await first.startRunning();
    const process = { pid: 1, parent: 0, user: "dev", command: "sleep", ageSeconds: 2 };
    remote.onList = () => Promise.resolve([process]);
    await second.shows(task.id, "running");
    assert.deepEqual(await second.tasks.listProcesses(task.id), [process]);

    const { receipt } = await second.tasks.cancelTask(task.id, request);

    assert.deepEqual([receipt?.verified, receipt?.requestedBy], [true, "palette"]);
    assert.equal(remote.climbs.length, 1);
    assert.deepEqual(second.tasks.getTask(task.id), first.tasks.getTask(task.id));
    first.tasks.clearFinished();
    await eventually("it goes there too", () => !second.tasks.getTask(task.id));
  });

  it("say of each other's hosts what those said", async (t) => {
    const { open } = await createWindows(t);
    const [first, second] = [await open(), await open()];
    const { task, remote } = await first.startRunning();
    remote.onList = () => Promise.reject(new TypeError("no list"));
    await second.shows(task.id, "running");

    await assert.rejects(async () => second.tasks.listProcesses(task.id), /no list/);
  });

  it("hear of each other's end", async (t) => {
    const { open, root } = await createWindows(t);
    const [first, second] = [await open(), await open()];
    const { task } = await first.startRunning();
    await second.shows(task.id, "running");

    first.close();

    await eventually("it waits for who gets the task", () => second.clock.pendingTimers === 1);
    await second.clock.advance(20_000);
    assert.equal(second.tasks.getTask(task.id), undefined);
    const proofs = (await readdir(root, { recursive: true })).filter((name) =>
      name.includes("proof"),
    );
    assert.deepEqual(proofs, []);
  });
});

describe("who asks a window without being the user", { timeout: 60_000 }, () => {
  it("is told nothing, can do nothing, and is let go of after some seconds", async (t) => {
    const { open } = await createWindows(t);
    const { lease, startRunning } = await open();
    const { task, remote } = await startRunning();
    const { connection, socket, heard } = await createStranger(t, lease);
    let closed = false;
    socket.once("close", () => (closed = true));

    const { proof } = await connection.sendRequest(joinWindow, { version: protocolVersion });
    assert.match(proof, /^proof-[0-9a-f]{32}$/);
    await assert.rejects(connection.sendRequest(proveRight), /no proof/);
    await assert.rejects(connection.sendRequest(cancelTask, { id: task.id, request }), /no proof/);
    await assert.rejects(connection.sendRequest(listProcesses, { id: task.id }), /no proof/);

    await eventually("it is let go of", () => closed);
    assert.deepEqual([heard, remote.climbs], [[], []]);
  });

  it("is believed once it has made the file it was asked for, in that folder", async (t) => {
    const { open } = await createWindows(t);
    const { lease, startRunning } = await open();
    const { task } = await startRunning();
    const { connection, heard } = await createStranger(t, lease);
    const { proof } = await connection.sendRequest(joinWindow, { version: protocolVersion });

    await writeFile(join(lease.folder, proof), "");
    await connection.sendRequest(proveRight);

    await eventually("it is told", () => JSON.stringify(heard).includes(task.id));
    assert.deepEqual(
      (await readdir(lease.folder)).filter((name) => name === proof),
      [],
    );
    await assert.rejects(
      connection.sendRequest(cancelTask, { id: "../../etc", request }),
      /not a task id/,
    );
  });

  it("is refused when it speaks another version, or no sense", async (t) => {
    const { open } = await createWindows(t);
    const { lease, tasks, startRunning } = await open();
    const { connection } = await createStranger(t, lease);
    await assert.rejects(connection.sendRequest(joinWindow, { version: 99 }), /another version/);
    const { socket } = await createStranger(t, lease);
    let closed = false;
    socket.once("close", () => (closed = true));

    socket.write("Content-Length: 3\r\n\r\n}}}GET / HTTP/1.1\r\n\r\n");

    await eventually("it is let go of", () => closed);
    const { task } = await startRunning();
    assert.equal(tasks.getTask(task.id)?.status, "running");
  });
});
