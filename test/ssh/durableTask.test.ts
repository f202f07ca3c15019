import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CancelClimb, Launch, OutputStream, RemoteTask } from "../../src/tasks/remoteHost";
import { eventually } from "../support/eventually";
import { createLaunch } from "../support/launches";
import { findProcesses, kill, killAll, uniqueMarker } from "../support/processes";
import { createSshTasks, type SshHarness } from "../support/sshHarness";

const noGrace: CancelClimb = { graceSeconds: 0, force: new AbortController().signal };

describe("a durable task", { timeout: 60_000 }, () => {
  let ssh: SshHarness;
  let state: string;
  const marker = uniqueMarker();
  before(async () => {
    state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
    ssh = await createSshTasks({ environment: { XDG_STATE_HOME: state } });
  });
  after(async () => {
    await killAll(marker);
    await ssh.close();
    rmSync(state, { recursive: true, force: true });
  });

  let count = 0;
  const folders = (): string[] => readdirSync(join(state, "ssh-tasks"));
  function start(command: string, changes: Partial<Launch> = {}) {
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    const onOutput = (stream: OutputStream, bytes: Buffer): void => {
      chunks[stream].push(Buffer.from(bytes));
    };
    const taskId = `build01:${marker}:${++count}`;
    const launch = createLaunch({ taskId, command, durable: true, onOutput, ...changes });
    const remote = ssh.hosts.host("build01").start(launch);
    const text = (stream: OutputStream): string => Buffer.concat(chunks[stream]).toString();
    const folder = join(state, "ssh-tasks", taskId);
    return { taskId, remote, text, folder };
  }

  it("gives its output, both streams apart, and its exit code", async () => {
    const { remote, text } = start("echo out; echo err >&2; exit 7");

    const end = await remote.ended;

    assert.deepEqual(end, { kind: "exited", exitCode: 7 });
    assert.deepEqual([text("stdout"), text("stderr")], ["out\n", "err\n"]);
  });

  it("gives both streams in one, in their order, where that is wanted", async () => {
    const { remote, text } = start("echo a; echo b >&2; echo c", { merge: true });

    await remote.ended;

    assert.deepEqual([text("stdout"), text("stderr")], ["a\nb\nc\n", ""]);
  });

  it("gives what it prints while it runs, to the byte", async () => {
    const { remote, text } = start(`printf 'a\\0b'; sleep ${marker}.1`);

    await eventually("it has printed", () => text("stdout") === "a\0b");

    await remote.cancel(noGrace);
  });

  for (const [signal, exitCode] of [
    ["KILL", 137],
    ["TERM", 143],
  ] as const) {
    it(`says which signal ended it: ${signal}`, async () => {
      const end = await start(`kill -${signal} $$`).remote.ended;

      assert.deepEqual(end, { kind: "exited", exitCode });
    });
  }

  it("starts with no signal ignored or blocked", async () => {
    const { remote, text } = start("grep -E 'Sig(Ign|Blk)' /proc/$$/status");

    await remote.ended;

    assert.match(text("stdout"), /^SigBlk:\s0+\nSigIgn:\s0+\n$/);
  });

  it("has nothing open but its streams and the FIFO", async () => {
    const list = "for fd in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done";
    const { remote, text } = start(list);

    await remote.ended;

    assert.equal(text("stdout"), "0\n1\n2\n8\n");
  });

  it("keeps its output to its user", async () => {
    const { remote, folder } = start("true");

    await remote.ended;

    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const file of ["out", "err", "tree", "life"]) {
      assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
    }
  });

  it("is ended by a cancel, and forgotten by its host when it is told to", async () => {
    const { remote, taskId } = start(`sleep ${marker}.2`);
    assert.equal((await remote.started)?.durable, true);
    await eventually("it runs", () => findProcesses(marker).length > 0);

    const report = await remote.cancel(noGrace);

    assert.deepEqual([report.gone, report.mainProcessFound], [true, true]);
    assert.deepEqual(findProcesses(marker), []);
    assert.deepEqual(await remote.ended, { kind: "exited", exitCode: 143 });
    assert.ok(folders().includes(taskId), "its output stays");
    remote.forget();
    await eventually("its folder goes", () => !folders().includes(taskId));
  });

  it("never runs when a cancel comes before its start", async () => {
    const ran = join(state, "ran");
    let admit = (): void => undefined;
    const admitted = new Promise<void>((resolve) => (admit = resolve));
    const { remote } = start(`touch ${ran}`, { admit: () => admitted });

    const report = await remote.cancel(noGrace);
    admit();

    assert.equal(report.neverRan, true);
    assert.deepEqual(await remote.ended, { kind: "neverRan" });
  });

  it("counts what it leaves running, and can still end that", async () => {
    const { remote } = start(`sleep ${marker}.3 & sleep ${marker}.4 & exit 0`);

    const end = await remote.ended;

    assert.deepEqual(end, { kind: "exited", exitCode: 0, leftRunning: 2 });
    const report = await remote.cancel(noGrace);
    assert.deepEqual([report.gone, report.processesFound], [true, 2]);
    assert.deepEqual(findProcesses(marker), []);
  });

  it("has ended with its main process, however much goes on being printed behind it", async () => {
    const { remote } = start(`sh -c 'while :; do echo ${marker}; done' & sleep 0.3; exit 6`);

    const end = await remote.ended;

    assert.deepEqual(end, { kind: "exited", exitCode: 6, leftRunning: 1 });
    assert.equal((await remote.cancel(noGrace)).gone, true);
    remote.forget();
  });

  it("leaves its folder until the last of what it left has ended", async () => {
    const { remote, taskId } = start(`sleep 0.5 & exit 0`);
    await remote.ended;

    remote.forget();

    await eventually("its folder goes", () => !folders().includes(taskId));
  });

  it("is ended by its host when its time is up", async () => {
    const { remote } = start(`sleep ${marker}.5`, { maxSeconds: 1 });

    const end = await remote.ended;

    assert.equal(end.kind === "exited" && end.timedOut, true);
    assert.deepEqual(findProcesses(marker), []);
  });

  it("is lost when what waits for it was killed, and can be cancelled then", async () => {
    const { remote } = start(`sleep ${marker}.6`);
    const process = await remote.started;
    await eventually("it runs", () => findProcesses(marker).length > 0);

    kill(Number(process?.supervisor), "SIGKILL");

    assert.equal((await remote.ended).kind, "lost");
    assert.equal(findProcesses(marker).length, 1, "it runs on");
    const report = await remote.cancel(noGrace);
    assert.equal(report.processesFound, 1);
    assert.deepEqual(findProcesses(marker), []);
  });

  it("is gone when its host was started anew since", async () => {
    const { remote, folder, taskId } = start(`echo before; sleep ${marker}.7`);
    const process = await remote.started;
    const main = join(folder, "main");
    await remote.cancel(noGrace);
    await remote.ended;
    writeFileSync(main, readFileSync(main, "utf8").replace(process?.bootId ?? "", "another-boot"));
    for (const file of readdirSync(folder)) {
      if (file.startsWith("ended.")) rmSync(join(folder, file));
    }
    let out = "";
    const { durable: _, ...sinks } = createLaunch({
      onOutput: (__, bytes) => (out += bytes.toString()),
    });

    const from = { stdout: 0, stderr: 0 };
    const adopted = ssh.hosts
      .host("build01")
      .adopt({ ...sinks, taskId, process: undefined, follow: true, from });

    assert.deepEqual([(await adopted.ended).kind, out], ["gone", "before\n"]);
    adopted.forget();
  });

  it("is taken up again where another window has left it", async () => {
    const { remote, taskId } = start(`echo one; sleep 0.3; echo two; exit 5`);
    const process = await remote.started;
    remote.release();
    let out = "";
    const sinks = createLaunch({ onOutput: (_, bytes) => (out += bytes.toString()) });

    const adopted = ssh.hosts
      .host("build01")
      .adopt({ ...sinks, taskId, process, follow: true, from: { stdout: 2, stderr: 0 } });

    assert.deepEqual(await adopted.ended, { kind: "exited", exitCode: 5 });
    assert.equal(out, "e\ntwo\n");
  });

  it("says who it is to a window that has not heard it start", async () => {
    const { remote, taskId } = start("sleep 0.3; exit 5");
    const process = await remote.started;
    remote.release();

    const adopted = adopt(taskId);

    assert.deepEqual(await adopted.started, process);
    assert.deepEqual(await adopted.ended, { kind: "exited", exitCode: 5 });
    adopted.forget();
  });

  it("that is not known to its host says so, and a cancel keeps it from running later", async () => {
    const taskId = `build01:${marker}:${++count}`;

    const adopted = adopt(taskId);

    assert.equal((await adopted.ended).kind, "lost");
    assert.equal((await adopted.cancel(noGrace)).neverRan, true);
    const late = ssh.hosts
      .host("build01")
      .start(createLaunch({ taskId, command: `echo ${marker}`, durable: true }));
    assert.equal((await late.ended).kind, "neverRan");
    late.forget();
  });

  function adopt(taskId: string): RemoteTask {
    const { durable: _, ...sinks } = createLaunch({});
    const from = { stdout: 0, stderr: 0 };
    return ssh.hosts
      .host("build01")
      .adopt({ ...sinks, taskId, process: undefined, follow: true, from });
  }
});
