import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { ServerChannel } from "ssh2";
import { openProcessChannel } from "../../../src/ssh/system/openProcessChannel";
import { channelArguments } from "../../../src/ssh/system/sshArguments";
import { run } from "../../support/childProcesses";
import { eventually } from "../../support/eventually";
import { startScriptedSshServer } from "../../support/scriptedSshServer";
import { createSshTasks } from "../../support/sshHarness";
import { findProcesses, uniqueMarker } from "../../support/processes";
import { startTcpProxy } from "../../support/tcpProxy";
import { SystemSsh, output } from "../../support/systemSsh";

describe("a connection by the system's ssh", { timeout: 60_000 }, () => {
  const ssh = new SystemSsh();
  after(() => ssh.close());

  it("learns how many channels a server gives, and waits for a place", async () => {
    const tasks = await createSshTasks({
      transport: "ssh",
      config: ["MaxSessions 2"],
      limits: { maxConnectionsPerHost: 1 },
    });
    after(() => tasks.close());

    const runs = await Promise.all([1, 2, 3, 4].map((n) => tasks.run(`sleep 0.2; echo ${n}`)));

    assert.deepEqual(
      runs.map(({ stdout }) => stdout),
      ["1\n", "2\n", "3\n", "4\n"],
    );
  });

  it("works where the server gives one channel alone", async () => {
    const tasks = await createSshTasks({
      transport: "ssh",
      config: ["MaxSessions 1", "MaxStartups 1"],
    });
    after(() => tasks.close());
    const id = await tasks.startRunning("sleep 60");

    const outcome = await tasks.cancel(id);

    assert.equal(outcome.receipt?.verified, true);
    assert.equal((await tasks.run("echo again")).stdout, "again\n");
  });

  it("says that it is gone when the server is, and so do its channels", async () => {
    const { sshd, host } = await ssh.serve();
    const connection = await ssh.connect(host);
    const gone = new Promise<string>((resolve) =>
      connection.onDidClose(({ code }) => resolve(code)),
    );
    const marker = uniqueMarker();
    const running = output(connection, `sleep ${marker}`);
    await eventually("it runs", () => findProcesses(marker).length > 0);

    await sshd.close();

    assert.equal(await gone, "connectionLost");
    assert.equal(connection.isOpen, false);
    assert.match(connection.goneBecause?.message ?? "", /was lost \("Connection to \S+ closed/);
    assert.equal(await running, "");
    await assert.rejects(
      connection.openShell(() => undefined),
      { code: "connectionLost" },
    );
  });

  it("asks again for a shell whose channel the server closes before it says anything", async () => {
    let asked = 0;
    const server = await startScriptedSshServer((channel) => {
      if (++asked === 1) channel.close();
      else channel.on("data", (bytes: Buffer) => answerEcho(channel, bytes));
    });
    after(() => server.close());

    const connection = await ssh.connect(server.host);

    assert.equal(await output(connection), "works\n");
    assert.equal(asked, 2);
  });

  it("is given up for a shell that never says anything, and no process stays", async () => {
    const server = await startScriptedSshServer(() => undefined);
    after(() => server.close());
    const connection = await ssh.connect(server.host, ssh.parts(undefined, { channelSeconds: 1 }));

    await assert.rejects(
      connection.openShell(() => undefined),
      { code: "hostSilent" },
    );

    await eventually("no process stays", async () => {
      const processes = await run("ps", ["ax", "-o", "args="]);
      return !processes.split("\n").some((args) => /scripted exec \/bin\/sh -s$/.test(args));
    });
  });

  for (const [what, config, deadLinkSeconds] of [
    ["the limit is short", {}, 4],
    ["the config has it", { serverAliveInterval: 1, serverAliveCountMax: 2 }, 60],
  ] as const) {
    it(`notices a dead link soon where ${what}`, async () => {
      const { sshd, host } = await ssh.serve();
      const proxy = await startTcpProxy(sshd.port);
      after(() => proxy.close());
      const through = await ssh.configure(sshd, [
        `Port ${proxy.port}`,
        `HostKeyAlias [127.0.0.1]:${sshd.port}`,
      ]);
      const parts = ssh.parts(undefined, { deadLinkSeconds });
      const connection = await ssh.connect({ ...host, ...through, ...config }, parts);

      proxy.freeze();

      await eventually("it is noticed", () => !connection.isOpen, 8000);
      assert.match(connection.goneBecause?.message ?? "", /Timeout, server \S+ not responding/);
    });
  }

  it("is never opened by a channel", async () => {
    const host = { ...(await ssh.serve()).host, alias: "127.0.0.1" };
    const args = channelArguments(host, "/nonexistent/socket", "true");
    const options = { isShell: false, opened: () => undefined, late: new AbortController().signal };

    await assert.rejects(openProcessChannel(args, options), /UNKNOWN port 65535/);
  });
});

/** What a shell would do with `echo WORD` and the end. */
function answerEcho(channel: ServerChannel, bytes: Buffer): void {
  for (const [, word] of bytes.toString().matchAll(/^echo (.*)$/gm)) channel.write(`${word}\n`);
  if (!bytes.includes("works")) return;
  channel.exit(0);
  channel.end();
}
