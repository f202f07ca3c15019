import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { SshHosts } from "../../src/ssh/sshHosts";
import { systemClock } from "../../src/tasks/clock";
import { defaultLimits, TaskManager } from "../../src/tasks/taskManager";
import { eventually } from "../support/eventually";
import { findProcesses, killAll, processTreeCommand, processTreeSize, uniqueMarker } from "../support/processes";
import { startSshd, type Sshd } from "../support/sshd";

const logger = { debug() {}, info() {}, warn: console.log, error: console.log };

describe("an attached task on a real OpenSSH host", () => {
  let sshd: Sshd;
  let hosts: SshHosts;
  let tasks: TaskManager;

  before(async () => {
    sshd = await startSshd({ aliases: ["build01"] });
    const settings = { sshConfigFile: sshd.sshConfigFile };
    const catalog = new SshHostCatalog(() => settings, logger);
    hosts = new SshHosts(catalog, logger, undefined);
    tasks = new TaskManager({ catalog, hosts, clock: systemClock, logger, limits: defaultLimits });
  });

  after(async () => {
    await tasks.shutdown();
    hosts.dispose();
    await sshd.close();
  });

  const run = async (command: string) => {
    const { id } = await tasks.startTask({ alias: "build01", command, startedBy: "test" });
    return { id, task: await tasks.waitForTask(id), output: tasks.summarizeOutput(id, 1 << 20) };
  };

  it("gives output of both streams and the exit code", async () => {
    const { task, output } = await run("echo out; echo err >&2; exit 3");

    assert.equal(task?.status === "failed" && task.exitCode, 3);
    assert.equal(output?.stdout, "out\n");
    assert.equal(output.stderr, "err\n");
  });

  it("ends a process tree when it is cancelled", async () => {
    const marker = uniqueMarker();
    const { id } = await tasks.startTask({ alias: "build01", command: processTreeCommand(marker), startedBy: "test" });
    await eventually("tree", () => findProcesses(marker).length === processTreeSize);

    const outcome = await tasks.cancelTask(id, { requestedBy: "tree", reason: "test" });

    console.log(JSON.stringify(outcome));
    assert.equal(outcome.task?.status, "cancelled");
    assert.equal(findProcesses(marker).length, 0);
    await killAll(marker);
  });
});
