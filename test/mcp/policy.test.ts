import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { stringify } from "yaml";
import { callTool, startHeadless } from "../support/headless";
import { repositoryRoot } from "../support/repo";
import { proxiedConfig } from "../support/sshHarness";
import { startSshd, type Sshd } from "../support/sshd";
import { startTcpProxy, type TcpProxy } from "../support/tcpProxy";
import { globPolicy } from "../policy/samples";
import { connectAskingTo } from "./person";

const alias = "build01";
const rules = globPolicy("allow echo *", "ask uname*", "deny *secret*");

describe("a server with --policy", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let proxy: TcpProxy;
  let sshConfigFile: string;
  let folder: string;
  let file: string;
  before(async () => {
    sshd = await startSshd({ aliases: [alias] });
    proxy = await startTcpProxy(sshd.port);
    sshConfigFile = await proxiedConfig(sshd, proxy.port);
    folder = await mkdtemp(join(tmpdir(), "ssh-tasks-policy-"));
    file = join(folder, "policy.yml");
  });
  after(async () => {
    proxy.close();
    await sshd.close();
    await rm(folder, { recursive: true, force: true });
  });

  const write = (policy: object): Promise<void> => writeFile(file, stringify(policy));
  async function start(t: TestContext, policy: object) {
    await write(policy);
    const known = { sshConfigFile, knownHostsFile: join(sshd.dir, "proxied_known_hosts") };
    const server = await startHeadless(known, ["--policy", file]);
    t.after(() => server.close());
    return { server, client: await server.connect() };
  }
  const run = (client: Client, command: string, more: object = {}) =>
    callTool(client, "ssh_run", { alias, command, ...more });

  it("runs what a rule allows, and nothing else", async (t) => {
    const { client } = await start(t, rules);

    const allowed = await run(client, "echo 1");
    const denied = await run(client, "id");

    assert.equal(allowed["output"], "1");
    assert.deepEqual([denied["status"], denied["reason"]], ["denied", "policy"]);
    assert.equal(denied["denied_command"], undefined);
  });

  it("names the part of a chain that it denies, in ssh_plan too", async (t) => {
    const { client } = await start(t, rules);
    const command = "echo 1 && cat secret; echo 2";

    const denied = await run(client, command);
    const plan = await callTool(client, "ssh_plan", { alias, command });

    assert.equal(denied["denied_command"], "cat secret");
    assert.deepEqual([plan["allowed"], plan["denied_command"]], [false, "cat secret"]);
    assert.match(String(plan["why"]), /^Policy blocked command in chain: 'cat secret'/);
  });

  it("asks the user of a client where a rule says so", async (t) => {
    const { server, client } = await start(t, rules);
    const asking = await connectAskingTo(server);
    t.after(() => asking.client.close());
    const running = run(asking.client, "uname");
    const question = await asking.shown(1);
    question.answer("Once");

    assert.match(question.params.message, /the policy wants you asked \(rules\[1\]\)/);
    assert.equal((await running)["exit_code"], 0);
    assert.match(String((await run(client, "uname"))["hint"]), /--allow-all/);
  });

  it("reads an edited file at the next call", async (t) => {
    const { client } = await start(t, rules);
    await run(client, "echo 1");

    await write(globPolicy("allow expr *"));

    assert.equal((await run(client, "echo 1"))["status"], "denied");
    assert.equal((await run(client, "expr 2 + 3"))["output"], "5");
  });

  it("denies everything while the file is invalid, and says where without its path", async (t) => {
    const { client } = await start(t, rules);
    await writeFile(file, "rules:\n  - action: alow\n");

    const denied = await run(client, "echo 1");
    const reload = await callTool(client, "ssh_reload_config");

    assert.deepEqual([denied["status"], denied["reason"]], ["denied", "policy"]);
    assert.match(String(denied["detail"]), /^The policy can't be used.*\[file\]:2: /);
    assert.match(JSON.stringify(reload), /The policy can't be used.*\[file\]:2: /);
    assert.doesNotMatch(JSON.stringify([denied, reload]), /ssh-tasks-policy/);
  });

  it("denies what asks for more seconds than it allows, and takes its own where none are asked for", async (t) => {
    const { client } = await start(t, {
      ...rules,
      limits: { deny_substrings: [], max_seconds: 5 },
    });

    const denied = await run(client, "echo 1", { max_seconds: 6 });
    const none = await run(client, "echo 1", { max_seconds: 0 });
    const task = await callTool(client, "ssh_run_async", { alias, command: "echo 1" });
    const plan = await callTool(client, "ssh_plan", { alias, command: "echo 1" });

    for (const { status, detail } of [denied, none]) {
      assert.equal(status, "denied");
      assert.match(String(detail), /to take 5 s at the most/);
    }
    assert.equal(task["status"], "pending");
    assert.match(JSON.stringify(plan["limits"]), /"max_seconds":5,/);
  });

  it("ends a task at its own limit where none was asked for", async (t) => {
    const limits = { deny_substrings: [], max_seconds: 1 };
    const { client } = await start(t, { ...globPolicy("allow sleep *"), limits });

    const { task_id } = await callTool(client, "ssh_run_async", { alias, command: "sleep 60" });
    const end = await callTool(client, "ssh_wait_task", { task_id });

    assert.deepEqual([end["status"], end["timeout"]], ["failed", true], JSON.stringify(end));
  });

  it("bounds what one result holds", async (t) => {
    const limits = { deny_substrings: [], max_output_bytes: 2000 };
    const { client } = await start(t, { ...globPolicy("allow *"), limits });

    const result = await run(client, "head -c 100000 /dev/zero | tr '\\0' x");

    assert.ok(String(result["output"]).length < 3000, String(result["output"]).slice(0, 100));
    assert.equal(result["exit_code"], 0);
  });

  const network = { allow_cidrs: ["198.51.100.0/24", "2001:db8::/32"] };
  it("opens no connection to an address that is not allowed", async (t) => {
    const { client } = await start(t, { ...rules, network });
    const before = proxy.accepted();
    const command = "echo 1";

    const denied = await run(client, command);
    const asynchronous = await callTool(client, "ssh_run_async", { alias, command });
    const plan = await callTool(client, "ssh_plan", { alias, command });

    for (const answer of [denied, asynchronous]) {
      const { status, reason, detail, hostname } = answer;
      assert.deepEqual([status, reason, hostname], ["denied", "network", "127.0.0.1"]);
      assert.equal(detail, "No resolved IPs allowed by policy.network");
    }
    assert.equal(plan["why"], "Network rules: No resolved IPs allowed by policy.network");
    assert.equal(proxy.accepted(), before);
  });

  it("is not started together with --allow-all", () => {
    const script = join(repositoryRoot(), "dist/headless.js");
    const flags = ["--http", "--allow-all", "--policy", file];

    const { status, stderr } = spawnSync(process.execPath, [script, ...flags], {
      encoding: "utf8",
    });

    assert.equal(status, 2);
    assert.match(stderr, /^Give one of --allow-all and --policy/);
  });
});
