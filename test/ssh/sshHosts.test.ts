import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  ended,
  createSshTasks,
  isRoot,
  type SshHarness,
  type SshHarnessOptions,
} from "../support/sshHarness";
import { eventually } from "../support/eventually";
import {
  findProcesses,
  kill,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "../support/processes";
import { createLaunch } from "../support/launches";

async function createHost(t: TestContext, options: SshHarnessOptions): Promise<SshHarness> {
  const ssh = await createSshTasks(options);
  t.after(() => ssh.close());
  return ssh;
}

describe("a host as tasks see it", { timeout: 60_000 }, () => {
  let ssh: SshHarness;
  before(async () => {
    ssh = await createSshTasks({ aliases: ["build01", "web.example.com"] });
  });
  after(() => ssh.close());

  it("runs tasks under each of its aliases, with dots in them too", async () => {
    const { id } = await ssh.tasks.startTask({
      alias: "web.example.com",
      command: "echo hi",
      startedBy: "test",
    });

    const { task, stdout } = await ssh.finish(id);

    assert.match(id, /^web_example_com:/);
    assert.equal(task.hostAddress, "127.0.0.1");
    assert.equal(stdout, "hi\n");
    await assert.doesNotReject(ssh.cancel(id));
  });

  it("never runs a task of an alias that is no longer there, and says so", async () => {
    const remote = ssh.hosts.host("gone").start(createLaunch({ taskId: "gone:1:1" }));

    const end = await remote.ended;

    assert.equal(end.kind, "neverRan");
    assert.match(String(end.error), /Host alias not found: gone/);
    assert.equal(await remote.started, undefined);
  });

  it("is the place that an edited config says, for the next task", async () => {
    assert.equal((await ssh.run("true")).task.status, "completed");
    const { sshConfigFile } = ssh.sshd;
    const text = await readFile(sshConfigFile, "utf8");

    await writeFile(sshConfigFile, text.replaceAll(/Port \d+/g, "Port 1"));
    const { task } = await ssh.run("true");
    await writeFile(sshConfigFile, text);

    assert.equal(
      "error" in task && task.error && "code" in task.error && task.error.code,
      "connectionRefused",
    );
    assert.equal((await ssh.run("true")).task.status, "completed");
  });

  it("has a status: what a task saw of it last, under its own alias", async () => {
    const { hosts, sshd } = ssh;
    await disconnect(ssh);
    const text = await readFile(sshd.sshConfigFile, "utf8");
    await writeFile(sshd.sshConfigFile, text.replaceAll(/Port \d+/g, "Port 2"));
    await ssh.run("true");
    const failed = hosts.status("build01");
    await writeFile(sshd.sshConfigFile, text);
    assert.ok(failed.state === "failed" && failed.failure.code === "connectionRefused");

    await ssh.run("true");

    assert.deepEqual(hosts.status("build01"), { state: "connected", connections: 1 });
  });

  it("is disconnected alone, and not from what is in use", async () => {
    const { hosts, tasks } = ssh;
    await tasks.waitForTask(await ssh.start("true", { alias: "web.example.com" }));
    const id = await ssh.startRunning("sleep 30");

    hosts.disconnect("build01");
    await ssh.run("true");

    assert.equal(hosts.status("build01").state, "connected");
    assert.equal(hosts.status("web.example.com").state, "connected");
    await ssh.cancel(id);
    await eventually("it is closed", () => hosts.status("build01").state === "notConnected");
    assert.equal(hosts.status("web.example.com").state, "connected");
  });
});

async function disconnect({ hosts }: SshHarness): Promise<void> {
  hosts.disconnect("build01");
  await eventually("it is closed", () => hosts.status("build01").state !== "connected");
}

const rootOnly = { skip: !isRoot && "needs root" };

/** dropbear has no MaxSessions: it refuses the command that it can't open the pipes for. */
const oneSessionEach: readonly (readonly [string, SshHarnessOptions])[] = [
  ["OpenSSH", { config: ["MaxSessions 1"] }],
  ...(isRoot ? [["dropbear", { server: "dropbear", openFiles: 13 }] as const] : []),
];

describe("a host with a peculiar server", { timeout: 60_000 }, () => {
  for (const [server, options] of oneSessionEach) {
    it(`has its tasks cancelled over another connection when ${server} allows one session each`, async (t) => {
      const ssh = await createHost(t, { ...options, proxied: true });
      const marker = uniqueMarker();
      t.after(() => killAll(marker));
      const id = await ssh.startRunning(processTreeCommand(marker));
      await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);

      const { task, receipt } = await ssh.cancel(id);

      assert.equal(task?.status, "cancelled");
      assert.equal(receipt?.verified, true);
      assert.deepEqual(findProcesses(marker), []);
      assert.equal(ssh.proxy.accepted(), 2);
    });

    it(`runs several tasks on several connections when ${server} allows one session each`, async (t) => {
      const ssh = await createHost(t, { ...options, proxied: true });
      const first = await ssh.startRunning("sleep 30; exit");

      const others = await Promise.all(Array.from({ length: 8 }, () => ssh.run("echo $((6 * 7))")));

      assert.deepEqual(
        others.map(({ task, stdout }) => [task.status, stdout]),
        others.map(() => ["completed", "42\n"]),
      );
      assert.equal(ssh.tasks.getTask(first)?.status, "running");
      assert.ok(ssh.proxy.accepted() <= 8, `${ssh.proxy.accepted()} connections`);
    });
  }

  it("fails a task with a next step when it allows no session at all", async (t) => {
    const ssh = await createHost(t, { config: ["MaxSessions 0"] });

    const { task } = await ssh.run("true");

    const error = "error" in task ? task.error : undefined;
    assert.equal(error && "code" in error && error.code, "channelRefused");
    assert.match(String(error?.message), /MaxSessions/);
  });

  it(
    "runs a task whose channel dropbear closes because another command ends",
    rootOnly,
    async (t) => {
      const ssh = await createHost(t, { server: "dropbear", proxied: true });
      const marker = uniqueMarker();
      t.after(() => killAll(marker));
      const first = await ssh.startRunning(`sleep ${marker}.1; exit`);
      await eventually("the first runs", () => findProcesses(marker).length === 1);
      await eventually("the shell for cancels runs too", () => ssh.sshd.commands().length === 2);
      const shell = Math.min(...ssh.sshd.commands());

      // Our side sends two packets: one to open the channel, and one for the command once it is open.
      ssh.proxy.freezeAt(40, 2);
      const second = await ssh.start("echo second");
      await eventually("the request for the command is held", () => ssh.proxy.held() > 0);
      kill(shell, "SIGKILL");
      await killAll(marker);
      await eventually("dropbear has seen the first end", () => {
        return !ssh.sshd.commands().includes(shell);
      });
      ssh.proxy.thaw();

      assert.equal((await ssh.finish(second)).stdout, "second\n");
      assert.equal((await ssh.finish(first)).task.status, "failed");
      assert.equal(ssh.proxy.accepted(), 1);
    },
  );

  for (const [title, command] of [
    ["says something and ends", "echo This account may only transfer files.; exit 1"],
    ["copies what it is sent", "echo This account may only transfer files.; exec head -c 100"],
  ] as const) {
    it(`fails a task with what it says, when it runs no shell but ${title}`, async (t) => {
      const ssh = await createHost(t, { config: [`ForceCommand ${command}`] });

      const { task, stdout } = await ssh.run("touch /nonexistent/canary");

      assert.equal(task.status, "failed");
      assert.equal(stdout, "");
      const error = "error" in task ? task.error : undefined;
      assert.equal(error && "code" in error && error.code, "shellFailed");
      assert.match(String(error?.message), /This account may only transfer files\./);
    });
  }

  it("is not asked at all for a task that was cancelled before its connection was opened", async (t) => {
    const ssh = await createHost(t, { proxied: true });
    const id = await ssh.start("true");

    const { task, receipt } = await ssh.cancel(id);

    assert.equal(ended(task).status, "cancelled");
    assert.equal(receipt?.verified, true);
    assert.equal((await ssh.run("echo next")).stdout, "next\n");
  });
});
