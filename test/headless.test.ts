import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { eventually } from "./support/eventually";
import { callTool, startHeadless } from "./support/headless";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "./support/processes";
import { repositoryRoot } from "./support/repo";
import { startSshd, type Sshd } from "./support/sshd";

describe("the headless server", { timeout: 30_000 }, () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd({ aliases: ["build01"] });
  });
  after(() => sshd.close());

  it("runs nothing without --allow-all, and names the flag", async (t) => {
    const server = await startHeadless(sshd, []);
    t.after(() => server.close());
    const client = await server.connect();

    const hosts = await callTool(client, "ssh_list_hosts");
    const denial = await callTool(client, "ssh_run", { alias: "build01", command: "id" });

    assert.deepEqual(hosts, { hosts: ["build01"] });
    assert.equal(denial["status"], "denied");
    assert.match(String(denial["hint"]), /--allow-all/);
  });

  it("runs a command with it", async (t) => {
    const server = await startHeadless(sshd);
    t.after(() => server.close());
    const client = await server.connect();

    const result = await callTool(client, "ssh_run", {
      alias: "build01",
      command: "echo $((6*7))",
    });

    assert.equal(result["output"], "42");
    assert.equal(result["exit_code"], 0);
  });

  it("ends what runs when it is told to end, and then itself", async (t) => {
    const server = await startHeadless(sshd);
    const client = await server.connect();
    const marker = uniqueMarker();
    t.after(() => killAll(marker));
    const command = processTreeCommand(marker);
    await callTool(client, "ssh_run_async", { alias: "build01", command });
    await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);

    const code = await server.close("SIGTERM");

    assert.equal(code, 0);
    assert.deepEqual(findProcesses(marker), []);
  });

  it("keeps to the limits it is started with", async (t) => {
    const server = await startHeadless(sshd, [
      "--allow-all",
      "--limit",
      "maxRunningPerHost=1",
      "--limit",
      "maxWaiting=0",
    ]);
    t.after(() => server.close());
    const client = await server.connect();
    const first = await callTool(client, "ssh_run_async", { alias: "build01", command: "sleep 9" });

    const second = await callTool(client, "ssh_run_async", { alias: "build01", command: "true" });

    assert.equal(first["status"], "pending");
    assert.match(String(second["error"]), /Too many tasks are waiting \(limit 0\)/);
  });

  for (const flags of [
    [],
    ["--stdio", "--http"],
    ["--http", "--port", "x"],
    ["--nonsense"],
    ["--http", "--limit", "maxRunning=none"],
    ["--http", "--limit", "unheardOf=1"],
  ]) {
    it(`explains itself when it is started with ${JSON.stringify(flags)}`, () => {
      const script = join(repositoryRoot(), "dist/headless.js");

      const { status, stderr } = spawnSync(process.execPath, [script, ...flags], {
        encoding: "utf8",
      });

      assert.equal(status, 2);
      assert.match(stderr, /Usage: node dist\/headless\.js --stdio \| --http/);
    });
  }
});
