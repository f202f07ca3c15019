import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { PolicySource } from "../../src/gate/policySource";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { SshHosts } from "../../src/ssh/sshHosts";
import { defaultLimits } from "../../src/tasks/limits";
import type { EndedTask } from "../../src/tasks/task";
import { TaskError } from "../../src/tasks/taskError";
import { createLogger } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { createLaunch } from "../support/launches";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "../support/processes";
import { createSshTasks, type SshHarnessOptions } from "../support/sshHarness";
import { startSshd } from "../support/sshd";

const denying = { network: { allow_cidrs: ["198.51.100.0/24", "2001:db8::/32"] } };

/** Real tasks over a real server, under a policy that the test may change at any time. */
async function createRuled(t: TestContext, policy: object, options: SshHarnessOptions = {}) {
  const settings = { policy, policyFile: undefined };
  const rules = new PolicySource(() => settings, createLogger());
  const harness = await createSshTasks({ proxied: true, rules, ...options });
  t.after(() => harness.close());
  const change = (changed: object): void => void (settings.policy = changed);
  return { ...harness, change };
}

/** The sentence with which an address was denied. */
function denialOf(task: EndedTask): string {
  const error = task.status === "failed" ? task.error : undefined;
  assert.ok(error instanceof TaskError, JSON.stringify(task));
  assert.equal(error.code, "addressDenied");
  return error.message;
}

describe("network rules, for whoever starts a task", { timeout: 60_000 }, () => {
  for (const durable of [false, true]) {
    const kind = durable ? "a durable task" : "an attached task";
    it(`keep ${kind} of the person from a denied address, and no connection is opened`, async (t) => {
      const { finish, start, proxy } = await createRuled(t, denying);

      const { task } = await finish(await start("true", { durable, startedBy: "palette" }));

      assert.match(denialOf(task), /No resolved IPs allowed by policy\.network/);
      assert.equal(proxy.accepted(), 0);
    });

    it(`let ${kind} run at an allowed address`, async (t) => {
      const allowing = { network: { allow_ips: ["127.0.0.1"], block_ips: ["127.0.0.2"] } };
      const { finish, start } = await createRuled(t, allowing);

      const { task, stdout } = await finish(await start("echo 1", { durable }));

      assert.deepEqual([task.status, stdout], ["completed", "1\n"]);
    });

    it(`that changed keep ${kind} from a connection that is there, over which a cancel still goes`, async (t) => {
      const { start, startRunning, finish, cancel, change, proxy } = await createRuled(t, {});
      const marker = uniqueMarker();
      t.after(() => killAll(marker));
      const running = await startRunning(processTreeCommand(marker));
      await eventually("it runs", () => findProcesses(marker).length === processTreeSize);
      const before = proxy.accepted();

      change(denying);
      const { task } = await finish(await start("true", { durable }));
      const outcome = await cancel(running);

      assert.match(denialOf(task), /peer IP 127\.0\.0\.1 not allowed/);
      assert.equal(outcome.task?.status, "cancelled", JSON.stringify(outcome));
      assert.match(JSON.stringify(outcome.task), /"verified":true/);
      assert.deepEqual([findProcesses(marker), proxy.accepted()], [[], before]);
    });
  }

  it("let a durable task be followed, over a new connection too, and cancelled", async (t) => {
    const { start, tasks, change, proxy, sshd, cancel } = await createRuled(t, {});
    const flag = join(sshd.dir, "go-on");
    const marker = uniqueMarker();
    t.after(() => killAll(marker));
    const command = `echo begun; while ! [ -e ${flag} ]; do sleep 0.05; done; echo on; ${processTreeCommand(marker)}`;
    const id = await start(command, { durable: true });
    const stdout = (): string => tasks.summarizeOutput(id, 1000)?.stdout ?? "";
    await eventually("it has begun", () => stdout() === "begun\n");

    change(denying);
    const before = proxy.accepted();
    proxy.cut();
    await writeFile(flag, "");

    await eventually("its output comes", () => stdout() === "begun\non\n", 20_000);
    assert.ok(proxy.accepted() > before);
    await eventually("it runs", () => findProcesses(marker).length === processTreeSize);
    const outcome = await cancel(id);
    assert.equal(outcome.task?.status, "cancelled", JSON.stringify(outcome));
    assert.deepEqual(findProcesses(marker), []);
  });

  it("start nothing while they can't be read", async (t) => {
    const { finish, start, change, proxy } = await createRuled(t, {});
    const id = await start("sleep 0.2; echo 1");
    change({ network: { allow_ips: ["nonsense"] } });

    await assert.rejects(start("true"), { code: "policyInvalid" });

    assert.ok(proxy.accepted() <= 1);
    await finish(id);
  });
});

describe("a host with an IPv6 address", { timeout: 60_000 }, () => {
  /** The same server at ::1. */
  async function createAtSix(t: TestContext, network: object) {
    const sshd = await startSshd({ aliases: ["six"], config: ["ListenAddress ::1"] });
    t.after(() => sshd.close());
    for (const file of [sshd.sshConfigFile, sshd.knownHostsFile]) {
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replaceAll("127.0.0.1", "::1"), { mode: 0o600 });
    }
    const logger = createLogger();
    const { sshConfigFile } = sshd;
    const catalog = new SshHostCatalog(() => ({ sshConfigFile }), logger);
    const rules = new PolicySource(() => ({ policy: { network }, policyFile: undefined }), logger);
    const limits = defaultLimits;
    const hosts = new SshHosts({ catalog, logger, limits, agentSocket: undefined, rules });
    t.after(() => hosts.dispose());
    const run = () => {
      const taskId = `six:${"0".repeat(16)}:${Date.now()}`;
      const launch = createLaunch({ taskId, command: "true", onOutput: () => undefined });
      return hosts.host("six").start(launch).ended;
    };
    return { hosts, run };
  }

  it("is allowed by its range", async (t) => {
    const { hosts, run } = await createAtSix(t, { allow_cidrs: ["::1/128"] });

    assert.equal(await hosts.whyNoAddress("six"), undefined);
    assert.match(JSON.stringify(await run()), /"exitCode":0/);
  });

  it("is denied by its range", async (t) => {
    const { hosts, run } = await createAtSix(t, { block_ips: ["::1"] });

    const why = "No resolved IPs allowed by policy.network";
    assert.equal(await hosts.whyNoAddress("six"), why);
    assert.match(JSON.stringify(await run()), /addressDenied/);
  });
});
