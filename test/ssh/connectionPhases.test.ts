import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { HostNames } from "../../src/ssh/hostNames";
import { openSocket } from "../../src/ssh/openSocket";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { defaultLimits } from "../../src/tasks/limits";
import { TaskError } from "../../src/tasks/taskError";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { createFullPort } from "../support/fullPort";
import { startScriptedSshServer } from "../support/scriptedSshServer";
import { startSshd } from "../support/sshd";
import { createSshTasks } from "../support/sshHarness";
import { startTcpProxy } from "../support/tcpProxy";

/** What the work is refused with, and after how many ms. */
async function refusal(work: Promise<unknown>): Promise<{ error: TaskError; ms: number }> {
  const began = Date.now();
  const error = await work.then(
    () => new Error("It was not refused"),
    (refused: unknown) => refused,
  );
  if (error instanceof TaskError) return { error, ms: Date.now() - began };
  throw error;
}

async function createHost(t: TestContext): Promise<SshHostConfig> {
  const sshd = await startSshd();
  t.after(() => sshd.close());
  return (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
}

const quick = {
  ...createConnectParts(),
  limits: { ...defaultLimits, connectSeconds: 1, signInSeconds: 1, channelSeconds: 1 },
};

describe("a connection has a bound for each of its phases:", { timeout: 60_000 }, () => {
  it("the name", async () => {
    const names = new HostNames();
    names.resolve = () => new Promise(() => undefined); // no name server here can be made to hang
    const to = { hostName: "slow.example", port: 22, target: "dev@slow.example:22", seconds: 1 };

    const { error, ms } = await refusal(openSocket(to, names));

    assert.equal(error.code, "hostNameNotResolved");
    assert.match(error.message, /^SSH hostname .*slow\.example.*no answer within 1 s; check/s);
    assert.ok(ms < 3000);
  });

  it("the socket", async (t) => {
    const host = { ...(await createHost(t)), port: await createFullPort(t) };

    const { error, ms } = await refusal(SshConnection.open(host, quick));

    assert.equal(error.code, "hostSilent");
    assert.match(error.message, /did not accept the connection within 1 s\. Check/);
    assert.ok(ms < 3000);
  });

  it("the key exchange", async (t) => {
    const host = await createHost(t);
    const proxy = await startTcpProxy(host.port);
    t.after(() => proxy.close());
    proxy.freezeAt(500);

    const { error, ms } = await refusal(SshConnection.open({ ...host, port: proxy.port }, quick));

    assert.equal(error.code, "hostSilent");
    assert.match(error.message, /did not finish the key exchange within 1 s\. Check/);
    assert.ok(ms < 3000);
  });

  it("the sign-in", async (t) => {
    const server = await startScriptedSshServer("never answer", () => undefined);
    t.after(() => server.close());

    const { error, ms } = await refusal(server.connect({ signInSeconds: 1 }));

    assert.equal(error.code, "hostSilent");
    assert.match(error.message, /did not finish the sign-in within 1 s\. Check/);
    assert.ok(ms < 3000);
  });

  it("an agent that never answers, after which the key files are tried", async (t) => {
    const host = await createHost(t);
    const agentSocket = join(String(host.identityFiles[0]), "../agent.sock");
    const agent = createServer((socket) => {
      t.after(() => socket.destroy());
    });
    t.after(() => agent.close());
    agent.listen(agentSocket);
    await once(agent, "listening");
    const limits = { ...defaultLimits, signInSeconds: 4 };

    const connection = await SshConnection.open(host, { ...quick, limits, agentSocket });

    assert.equal(connection.isOpen, true);
    connection.end();
  });

  it("the channel", async (t) => {
    const server = await startScriptedSshServer("never answer");
    t.after(() => server.close());
    const connection = await server.connect({ channelSeconds: 1 });
    t.after(() => connection.end());

    const { error, ms } = await refusal(connection.openShell(() => undefined));

    assert.equal(error.code, "hostSilent");
    assert.match(error.message, /did not open a channel with a shell within 1 s\. Check/);
    assert.ok(ms < 3000);
    assert.equal(connection.isOpen, true);
  });

  const alive = { serverAliveInterval: 1, serverAliveCountMax: 1 };
  for (const [what, config, deadLinkSeconds] of [
    ["a link that is dead", {}, 4],
    ["a link that is dead, as the config has it", alive, 60],
  ] as const) {
    it(what, async (t) => {
      const host = await createHost(t);
      const proxy = await startTcpProxy(host.port);
      t.after(() => proxy.close());
      const limits = { ...defaultLimits, deadLinkSeconds };
      const way = { port: proxy.port, hostKeyAlias: `[127.0.0.1]:${host.port}`, ...config };
      const connection = await SshConnection.open({ ...host, ...way }, { ...quick, limits });
      const began = Date.now();

      proxy.freeze();

      await eventually("it is noticed", () => !connection.isOpen);
      assert.ok(Date.now() - began < 4500, `${Date.now() - began} ms`);
      assert.match(String(connection.goneBecause?.message), /was lost .*Keepalive timeout/);
    });
  }
});

describe("a host whose shell never starts the command", { timeout: 30_000 }, () => {
  it("ends the task within its bound, and says that it may have been launched", async (t) => {
    const ssh = await createSshTasks({
      config: ["ForceCommand exec sleep 20"],
      limits: { launchSeconds: 1 },
    });
    t.after(() => ssh.close());
    const id = await ssh.start("true");

    await eventually("it is no longer awaited", () => ssh.tasks.getTask(id)?.status !== "pending");

    const task = ssh.tasks.getTask(id);
    assert.equal(task?.status, "cancelling");
    assert.match(
      "cancel" in task ? task.cancel.reason : "",
      /did not start the command within 1 s\. Check/,
    );
  });
});
