import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { ConnectionPool } from "../../src/ssh/connectionPool";
import { ControlChannel } from "../../src/ssh/controlChannel";
import { SshConnection } from "../../src/ssh/sshConnection";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { TaskControl } from "../../src/ssh/taskControl";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { kill, listProcesses, uniqueMarker } from "../support/processes";
import { startSshd, type Sshd } from "../support/sshd";
import { controlOnly } from "../support/launches";

const climb = { graceSeconds: 0, force: new AbortController().signal };

/** By which the processes of this file's server are known. */
const mark = `CONTROL_TEST=${uniqueMarker()}`;

/** The shells that answer for tasks on it, without those they have forked. */
function controlShells(): number[] {
  const shells = listProcesses().filter(
    ({ pid, argv }) => argv.join(" ") === "/bin/sh -s" && environmentOf(pid).includes(mark),
  );
  const pids = new Set(shells.map(({ pid }) => pid));
  return shells.filter(({ parent }) => !pids.has(parent)).map(({ pid }) => pid);
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return []; // ended since it was listed
  }
}

describe("requests about the tasks of a host", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let host: SshHostConfig;
  let opened = 0;
  const pools: ConnectionPool[] = [];
  before(async () => {
    sshd = await startSshd({
      environment: { HOME: "/nonexistent", CONTROL_TEST: mark.split("=")[1] ?? "" },
    });
    host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
  });
  after(() => sshd.close());
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.dispose();
  });

  async function createTaskControl() {
    opened = 0;
    const controls: ControlChannel[] = [];
    const pool = new ConnectionPool(
      () => {
        opened++;
        return SshConnection.open(host, createConnectParts());
      },
      { maxConnectionsPerHost: 4, maxTasksPerConnection: 8, idleConnectionSeconds: 60 },
      controlOnly(async (connection) => {
        const control = await ControlChannel.open(connection, { alias: sshd.alias, seconds: 5 });
        controls.push(control);
        return control;
      }),
    );
    pools.push(pool);
    const lease = await pool.leaseForTask({ signal: climb.force, starts: true });
    const control = new TaskControl(sshd.alias, Promise.resolve(pool));
    return { control, pool, controls, lease };
  }

  const target = () => ({
    taskId: `build01:${uniqueMarker()}:1`,
    leader: "999999999:1",
    supervisor: "",
    bootId: "",
    reaper: "reaper",
  });

  it("share the control channel of the open connection", async () => {
    const { control, controls } = await createTaskControl();

    const reports = await Promise.all([1, 2, 3].map(() => control.cancel(target(), climb)));
    await control.list(target());

    assert.deepEqual(
      reports.map(({ gone }) => gone),
      [true, true, true],
    );
    assert.deepEqual([opened, controls.length], [1, 1]);
  });

  it("go over a new connection when the control channel is stuck, whose answer is then less sure", async () => {
    const { control, controls } = await createTaskControl();
    await control.list(target());
    const shells = controlShells();
    assert.equal(shells.length, 1);
    for (const pid of shells) kill(pid, "SIGSTOP");

    const report = await control.cancel(target(), climb);

    for (const pid of shells) kill(pid, "SIGCONT");
    assert.deepEqual([report.gone, report.mainProcessFound, opened], [true, undefined, 2]);
    assert.equal(controls[0]?.isOpen, false);
  });

  it("open another control channel after its shell was killed", async () => {
    const { control, controls } = await createTaskControl();
    await control.list(target());
    for (const pid of controlShells()) kill(pid, "SIGKILL");
    await eventually("that is noticed", () => controls[0]?.isOpen === false);

    const report = await control.cancel(target(), climb);

    assert.deepEqual([report.gone, opened, controls.length], [true, 1, 2]);
  });
});
