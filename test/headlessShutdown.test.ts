import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { eventually } from "./support/eventually";
import { callTool, startHeadless } from "./support/headless";
import {
  findProcesses,
  kill,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "./support/processes";
import { proxiedConfig } from "./support/sshHarness";
import { startSshd, type Sshd } from "./support/sshd";
import { StdioServer } from "./support/stdioServer";
import { startTcpProxy } from "./support/tcpProxy";

const longest = 6000;
const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** A tree of processes that a task can run on the host; what is left of it ends with the test. */
function createTree(t: TestContext, options: { readonly ignoreTerm?: boolean } = {}) {
  const marker = uniqueMarker();
  t.after(() => killAll(marker));
  return {
    run: { alias: "build01", command: processTreeCommand(marker, options) },
    size: () => findProcesses(marker).length,
    running: () =>
      eventually("the tree runs", () => findProcesses(marker).length === processTreeSize),
  };
}

async function createStdio(t: TestContext, host: Pick<Sshd, "sshConfigFile" | "knownHostsFile">) {
  const server = await StdioServer.start(host);
  t.after(() => server.child.kill("SIGKILL"));
  return server;
}

describe("the headless server over stdio", { timeout: 120_000 }, () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd({ aliases: ["build01"], endProcessesOnClose: true });
  });
  after(() => sshd.close());

  const endings: [string, (server: StdioServer) => unknown][] = [
    ["its input ends", ({ child }) => child.stdin?.end()],
    ...signals.map((signal): [string, (server: StdioServer) => unknown] => [
      `it gets ${signal}`,
      ({ child }) => child.kill(signal),
    ]),
  ];
  for (const [what, end] of endings) {
    it(`ends with 0 when ${what}, and nothing it ran is left`, async (t) => {
      const server = await createStdio(t, sshd);
      const waiting = createTree(t);
      const asked = createTree(t, { ignoreTerm: true });
      server.callTool("ssh_run", waiting.run);
      await server.reply(server.callTool("ssh_run_async", asked.run));
      await Promise.all([waiting.running(), asked.running()]);

      end(server);
      const { how, ms } = await server.end();

      t.diagnostic(`it took ${Math.round(ms)} ms`);
      assert.equal(how, 0);
      assert.ok(ms < longest, `${ms} ms`);
      assert.deepEqual([waiting.size(), asked.size()], [0, 0]);
      for (const { jsonrpc } of server.replies()) assert.equal(jsonrpc, "2.0");
      assert.match(server.output, /\n$/);
    });
  }

  it("tells a client that waits how its command was ended by a signal", async (t) => {
    const server = await createStdio(t, sshd);
    const tree = createTree(t);
    const id = server.callTool("ssh_run", tree.run);
    await tree.running();

    server.child.kill("SIGTERM");
    await server.end();

    const { result } = await server.reply(id);
    assert.match(JSON.stringify(result), /"cancelled":true/);
  });

  it("gives a client that reads slowly all of what it was answered", async (t) => {
    const server = await createStdio(t, sshd);
    const command = "head -c 400000 /dev/zero | tr '\\0' x";
    const id = server.callTool("ssh_run_async", { alias: "build01", command });
    const { result } = await server.reply(id);
    const task_id = /\\"task_id\\": \\"([^"\\]+)/.exec(JSON.stringify(result))?.[1];
    await eventually("it has ended", async () => {
      const status = await server.reply(server.callTool("ssh_get_task_status", { task_id }));
      return JSON.stringify(status).includes("completed");
    });
    server.child.stdout?.pause();
    const last = server.callTool("ssh_get_task_result", { task_id });
    server.ask("ping");
    server.child.stdin?.end();
    await eventually("it is about to end", () => server.child.stdout?.readableLength !== 0);

    server.child.stdout?.resume();

    await server.end();
    assert.equal((await server.reply(last)).id, last);
  });

  for (const [first, second] of [
    ["SIGTERM", "SIGTERM"],
    ["SIGTERM", "SIGINT"],
    ["SIGINT", "SIGHUP"],
  ] as const) {
    it(`ends at once when ${second} follows ${first}`, async (t) => {
      const proxy = await startTcpProxy(sshd.port);
      t.after(() => proxy.close());
      const server = await createStdio(t, {
        sshConfigFile: await proxiedConfig(sshd, proxy.port),
        knownHostsFile: `${sshd.dir}/proxied_known_hosts`,
      });
      const tree = createTree(t);
      server.callTool("ssh_run", tree.run);
      await tree.running();
      proxy.freeze();
      server.child.kill(first);
      // Its end takes seconds, the host being silent.
      await eventually("the first one was taken", async () => {
        const answer = await server.reply(server.callTool("ssh_run_async", tree.run));
        return JSON.stringify(answer).includes("is shutting down");
      });

      server.child.kill(second);
      const { how, ms } = await server.end();

      assert.equal(how, second);
      assert.ok(ms < 1000, `${ms} ms`);
    });
  }

  for (const what of ["its input ends", "it gets SIGTERM"]) {
    it(`ends in time when the host is frozen and ${what}`, async (t) => {
      const proxy = await startTcpProxy(sshd.port);
      t.after(() => proxy.close());
      const server = await createStdio(t, {
        sshConfigFile: await proxiedConfig(sshd, proxy.port),
        knownHostsFile: `${sshd.dir}/proxied_known_hosts`,
      });
      const tree = createTree(t);
      server.callTool("ssh_run", tree.run);
      await tree.running();
      proxy.freeze();

      if (what === "its input ends") server.child.stdin?.end();
      else server.child.kill("SIGTERM");
      const { how, ms } = await server.end();

      t.diagnostic(`it took ${Math.round(ms)} ms`);
      assert.equal(how, 0);
      assert.ok(ms < longest, `${ms} ms`);
    });
  }

  it("ends in time although its client reads neither answers nor log", async (t) => {
    const server = await createStdio(t, sshd);
    server.child.stdout?.pause();
    server.child.stderr?.pause();
    for (let i = 0; i < 3000; i++) server.ask("tools/list");
    await eventually("nothing more fits", () => server.child.stdin?.writableNeedDrain);

    server.child.kill("SIGTERM");
    const { how, ms } = await server.end();

    assert.equal(how, 0);
    assert.ok(ms < longest, `${ms} ms`);
  });
});

describe("the headless server over HTTP", { timeout: 120_000 }, () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd({ aliases: ["build01"], endProcessesOnClose: true });
  });
  after(() => sshd.close());

  for (const signal of signals) {
    it(`ends with 0 when it gets ${signal}, and nothing it ran is left`, async (t) => {
      const server = await startHeadless(sshd);
      t.after(() => kill(server.pid, "SIGKILL"));
      const client = await server.connect();
      const waiting = createTree(t);
      const asked = createTree(t, { ignoreTerm: true });
      const answered = callTool(client, "ssh_run", waiting.run).then(
        () => "answered",
        () => "closed",
      );
      await callTool(client, "ssh_run_async", asked.run);
      await Promise.all([waiting.running(), asked.running()]);
      const began = performance.now();

      kill(server.pid, signal);

      assert.equal(await server.exited, 0);
      const ms = performance.now() - began;
      t.diagnostic(`it took ${Math.round(ms)} ms`);
      assert.ok(ms < longest, `${ms} ms`);
      assert.deepEqual([waiting.size(), asked.size()], [0, 0]);
      await client.close();
      assert.match(await answered, /answered|closed/);
      assert.deepEqual(JSON.parse(server.output()), { url: server.url, token: server.token });
    });
  }

  it("ends in time when the host is frozen, while a task runs and another one connects", async (t) => {
    const proxy = await startTcpProxy(sshd.port);
    t.after(() => proxy.close());
    const server = await startHeadless({
      sshConfigFile: await proxiedConfig(sshd, proxy.port),
      knownHostsFile: `${sshd.dir}/proxied_known_hosts`,
    });
    t.after(() => kill(server.pid, "SIGKILL"));
    const client = await server.connect();
    const tree = createTree(t);
    await callTool(client, "ssh_run_async", tree.run);
    await tree.running();
    proxy.freeze();
    for (let i = 0; i < 10; i++) await callTool(client, "ssh_run_async", tree.run);
    await client.close();
    const began = performance.now();

    kill(server.pid, "SIGTERM");

    assert.equal(await server.exited, 0);
    const ms = performance.now() - began;
    t.diagnostic(`it took ${Math.round(ms)} ms`);
    assert.ok(ms < longest, `${ms} ms`);
  });
});
