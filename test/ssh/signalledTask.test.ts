import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { ServerChannel } from "ssh2";
import { AttachedTask } from "../../src/ssh/attachedTask";
import { ConnectionPool } from "../../src/ssh/connectionPool";
import { ControlChannel } from "../../src/ssh/controlChannel";
import { defaultLimits } from "../../src/tasks/limits";
import type { RemoteTask } from "../../src/tasks/remoteHost";
import { eventually } from "../support/eventually";
import { startScriptedSshServer, type ScriptedCommand } from "../support/scriptedSshServer";
import { controlOnly } from "../support/launches";

const never = new AbortController().signal;

type Run = (channel: ServerChannel, exec: ScriptedCommand) => void;

/** A task on a host that has no POSIX shell and does with the command itself what the test says. */
async function createTask(
  t: TestContext,
  run: Run,
  { ident = "OpenSSH_for_Windows_9.5", noise = "" } = {},
) {
  const commands: string[] = [];
  const server = await startScriptedSshServer(
    (channel, _connection, exec) => {
      if (exec.command.includes("/bin/sh")) {
        channel.stderr.write(noise);
        channel.exit(1);
        channel.end();
        return;
      }
      commands.push(exec.command);
      run(channel, exec);
    },
    undefined,
    ident,
  );
  const pool = new ConnectionPool(
    () => server.connect(),
    { maxConnectionsPerHost: 2, maxTasksPerConnection: 2, idleConnectionSeconds: 60 },
    controlOnly((connection) => ControlChannel.open(connection, { alias: "scripted", seconds: 2 })),
  );
  const output: string[] = [];
  const task: RemoteTask = new AttachedTask(
    { alias: "scripted", limits: defaultLimits, pool: Promise.resolve(pool) },
    {
      taskId: "scripted:1:1",
      command: "ver",
      admit: () => Promise.resolve(),
      onOutput: (stream, bytes) => output.push(`${stream}: ${bytes.toString()}`),
    },
  );
  t.after(async () => {
    task.release();
    pool.dispose();
    await server.close();
  });
  return { task, commands, output };
}

const exitsWith =
  (code: number): Run =>
  (channel) => {
    channel.exit(code);
    channel.end();
  };

/** Ends by the signal that is named, and by no other. */
const endsBy =
  (deadly: string, seen: string[] = []): Run =>
  (channel, { onSignal }) =>
    onSignal((name) => {
      seen.push(name);
      if (name !== deadly) return;
      channel.exit(name, false, "");
      channel.end();
    });

describe("a task on a host without a POSIX shell", { timeout: 60_000 }, () => {
  it("runs as the server runs commands, and ends with its exit code", async (t) => {
    const { task, commands, output } = await createTask(t, (channel) => {
      channel.write("out");
      channel.stderr.write("err");
      channel.exit(3);
      channel.end();
    });

    const end = await task.ended;

    assert.deepEqual(commands, ["ver"]);
    assert.deepEqual(output.sort(), ["stderr: err", "stdout: out"]);
    assert.deepEqual(end, { kind: "exited", exitCode: 3 });
    await assert.rejects(task.listProcesses(), { code: "processesHidden" });
  });

  it("is known by what cmd.exe says of our line, whatever the server calls itself", async (t) => {
    const noise = "'exec' is not recognized as an internal or external command,\r\n";
    const { task, commands } = await createTask(t, exitsWith(0), {
      ident: "other",
      noise,
    });

    assert.equal((await task.ended).kind, "exited");
    assert.deepEqual(commands, ["ver"]);
  });

  it("is not taken for one where a POSIX host's shell fails", async (t) => {
    const { task, commands } = await createTask(t, () => undefined, {
      ident: "OpenSSH_9.9",
      noise: "This account is currently not available.\n",
    });

    assert.equal((await task.ended).kind, "neverRan");
    assert.deepEqual(commands, []);
  });

  it("gets TERM, and no cancel of it is verified, nor tried again", async (t) => {
    const { task } = await createTask(t, endsBy("TERM"));
    await task.started;

    const report = await task.cancel({ graceSeconds: 5, force: never });

    assert.deepEqual(
      report.signals.map(({ signal }) => signal),
      ["TERM"],
    );
    assert.deepEqual([report.gone, report.final, report.neverRan], [false, true, false]);
    assert.match(
      String(report.reason),
      /command itself has ended, but scripted has no POSIX shell/,
    );
    assert.equal((await task.ended).kind, "exited");
  });

  it("gets KILL after the grace, or at once when it is forced", async (t) => {
    const seen: string[] = [];
    const { task } = await createTask(t, endsBy("KILL", seen));
    await task.started;
    const force = new AbortController();
    const running = task.cancel({ graceSeconds: 30, force: force.signal });
    await eventually("TERM has come", () => seen.length === 1);

    force.abort();

    assert.deepEqual(
      (await running).signals.map(({ signal }) => signal),
      ["TERM", "KILL"],
    );
    assert.deepEqual(seen, ["TERM", "KILL"]);
  });

  it("does not let a cancel hang when it heeds no signal", async (t) => {
    const { task } = await createTask(t, () => undefined);
    await task.started;
    const began = Date.now();

    const report = await task.cancel({ graceSeconds: 0, force: never });

    assert.ok(Date.now() - began < 4000, `${Date.now() - began} ms`);
    assert.deepEqual([report.gone, report.final], [false, true]);
    assert.match(String(report.reason), /command itself has not ended/);
  });
});
