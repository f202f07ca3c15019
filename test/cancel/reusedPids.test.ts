import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { after, before, describe, it, type TestContext } from "node:test";
import { ControlChannel } from "../../src/ssh/controlChannel";
import type { TaskTarget } from "../../src/ssh/remoteScripts";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { createCancelHarness, type CancelHarness } from "../support/cancelHarness";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, listProcesses, uniqueMarker } from "../support/processes";

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Somebody else's processes: a shell, and a child in a session of its own. */
interface Foreign {
  readonly marker: string;
  readonly pid: number;
  readonly childPid: number;
}

async function startForeign(t: TestContext): Promise<Foreign> {
  const marker = uniqueMarker();
  const script = `setsid sleep ${marker}.1 & sleep ${marker}.2; exit`;
  const { pid = 0 } = spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" });
  t.after(() => killAll(marker));
  await eventually("they run", () => findProcesses(marker).length === 2);
  const childPid = findProcesses(marker).find(({ session }) => session !== pid)?.pid ?? 0;
  return { marker, pid, childPid };
}

/** In clock ticks since boot: field 22 of stat (proc(5)), whose names here have no spaces. */
function startTime(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[21]);
}

describe("a cancel of a task whose pid somebody else has now", { timeout: 60_000 }, () => {
  let host: CancelHarness;
  let connection: SshConnection;
  let control: ControlChannel;
  before(async () => {
    host = await createCancelHarness({});
    const { sshConfigFile, alias } = host.ssh.sshd;
    const config = (await SshConfigFile.read(sshConfigFile)).resolve(alias);
    connection = await SshConnection.open(config, createConnectParts());
    control = await ControlChannel.open(connection, { alias, seconds: 10 });
  });
  after(async () => {
    control.close();
    connection.end();
    await host.close();
  });

  /** What the host says of a cancel, with the rest of the target as of a task that has long ended. */
  const cancel = (target: Partial<TaskTarget>) => {
    const taskId = `build01:${uniqueMarker()}:1`;
    const all = { taskId, leader: "", bootId, supervisor: "", reaper: "reaper", ...target };
    const force = new AbortController().signal;
    return control.cancel(all, { graceSeconds: 0, force }, 10);
  };

  const assertSpared = ({ marker, pid }: Foreign): void => {
    assert.equal(findProcesses(marker).length, 2);
    assert.ok(listProcesses().some((one) => one.pid === pid));
  };

  for (const [when, shift] of [
    ["earlier", -1],
    ["later", 1],
  ] as const) {
    it(`touches nobody who started a moment ${when} than the main process`, async (t) => {
      const foreign = await startForeign(t);
      const leader = `${foreign.pid}:${startTime(foreign.pid) + shift}`;

      const report = await cancel({ leader });

      assertSpared(foreign);
      assert.deepEqual([report.processesFound, report.signals], [0, []]);
      assert.equal(report.gone, true);
    });
  }

  it("touches nobody of this boot when the task was of another", async (t) => {
    const foreign = await startForeign(t);
    const leader = `${foreign.pid}:${startTime(foreign.pid)}`;

    const report = await cancel({ leader, bootId: "11111111-2222-3333-4444-555555555555" });

    assertSpared(foreign);
    assert.deepEqual([report.processesFound, report.signals], [0, []]);
  });

  it("touches nobody below who has the pid of what waited for the main process", async (t) => {
    const foreign = await startForeign(t);
    const leader = `${foreign.pid}:${startTime(foreign.pid) - 1}`;

    const report = await cancel({ leader, supervisor: String(foreign.pid) });

    assertSpared(foreign);
    assert.deepEqual([report.processesFound, report.signals], [0, []]);
  });

  it("touches nobody whom the task's folder names with another start", async (t) => {
    const foreign = await startForeign(t);
    const taskId = `build01:${uniqueMarker()}:1`;
    const folder = join(host.state, "ssh-tasks", taskId);
    mkdirSync(folder, { recursive: true });
    const wrong = (pid: number): string => `${pid}:${startTime(pid) - 1}`;
    const main = wrong(foreign.pid).replace(":", " ");
    const files = {
      gate: "",
      tree: "",
      main: `${main} ${bootId} - reaper\n`,
      left: `${wrong(foreign.childPid)}\n`,
      reaped: "",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

    const report = await cancel({ taskId });

    assertSpared(foreign);
    assert.deepEqual([report.processesFound, report.signals, report.gone], [0, [], true]);
    assert.deepEqual(host.folders(), []);
  });

  it("ends the very same processes when the start fits", async (t) => {
    const foreign = await startForeign(t);

    const report = await cancel({ leader: `${foreign.pid}:${startTime(foreign.pid)}` });

    assert.deepEqual(findProcesses(foreign.marker), []);
    assert.deepEqual([report.processesFound, report.gone], [3, true]);
  });
});
