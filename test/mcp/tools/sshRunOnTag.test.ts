import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { RunGate } from "../../../src/tasks/runGate";
import { fixedGate, openGate } from "../../support/gates";
import { createHostInfo } from "../../support/createTasks";
import { createMcp, resultOf, type CreateMcpOptions, type Fields } from "../createMcp";

const tool = "ssh_run_on_tag";

/** So many hosts with the tag `web`, and one without. */
async function createTagged(t: TestContext, count: number, options: CreateMcpOptions = {}) {
  const aliases = Array.from({ length: count }, (_, n) => `web${n + 1}`);
  const mcp = await createMcp(t, { aliases: [...aliases, "other"], ...options });
  mcp.catalog.hosts = [...aliases, "other"].map((alias) => ({
    ...createHostInfo(alias),
    tags: alias === "other" ? ["db"] : ["web", "all"],
  }));
  const entries = (answer: Fields) => answer.results as Fields[];
  return { ...mcp, entries };
}

describe("ssh_run_on_tag", () => {
  it("runs on all hosts with the tag at once, and gives what each said in their order", async (t) => {
    const { ask, launched, entries, hosts } = await createTagged(t, 3);
    const asking = ask(tool, { tag: " web ", command: "uptime" });
    await launched(3);
    for (const remote of hosts.launched) remote.run();
    for (const [index, remote] of [...hosts.launched].reverse().entries()) {
      remote.write("stdout", `up on ${remote.alias}\n`);
      remote.exit(index === 0 ? 7 : 0);
    }

    const answer = await asking;

    assert.equal(answer.tag, "web");
    assert.deepEqual(
      entries(answer).map(({ alias, exit_code, output }) => [alias, exit_code, output]),
      [
        ["web1", 0, "up on web1"],
        ["web2", 0, "up on web2"],
        ["web3", 7, "up on web3"],
      ],
    );
    assert.deepEqual(Object.keys(entries(answer)[0] ?? {}).slice(0, 9), [
      "alias",
      "task_id",
      "hash",
      "exit_code",
      "duration_ms",
      "cancelled",
      "timeout",
      "target_ip",
      "output",
    ]);
  });

  it("lets a host that hangs or fails stop no other", async (t) => {
    const { ask, entries, hosts, clock, launched } = await createTagged(t, 3);
    hosts.hanging.add("web1");
    const asking = ask(tool, { tag: "web", command: "uptime", max_seconds: 5 });
    await launched(3);
    hosts.of(hosts.launched[1]?.taskId ?? "").failToStart(new Error("SSH connection refused."));
    hosts.launched[2]?.run();
    hosts.launched[2]?.exit(0);
    await clock.advance(5000);

    const results = entries(await asking);

    assert.deepEqual(
      results.map(({ alias, exit_code, timeout }) => [alias, exit_code, timeout]),
      [
        ["web1", -1, true],
        ["web2", -1, false],
        ["web3", 0, false],
      ],
    );
    assert.equal(results[1]?.output, "SSH connection refused.");
  });

  it("runs on ten hosts at a time, and cancels all that are left when it is stopped", async (t) => {
    const { call, launched, hosts, tasks, clock } = await createTagged(t, 25, {
      limits: { maxRunning: 100 },
    });
    const stop = new AbortController();
    const asking = call(tool, { tag: "web", command: "sleep 600", max_seconds: 0 }, stop.signal);
    await launched(10);
    for (const remote of hosts.launched) remote.run();
    await clock.advance(1000);
    assert.equal(hosts.launched.length, 10);

    stop.abort();

    await assert.rejects(asking);
    await clock.advance(1000);
    assert.ok(tasks.listTasks().every(({ status }) => status === "cancelled"));
    assert.equal(tasks.listTasks().length, 10);
  });

  it("says what is denied on which host, and runs on the others", async (t) => {
    const hint = "Ask for it.";
    const gate: RunGate = {
      ...openGate,
      admit: ({ host: { alias } }) =>
        Promise.resolve(
          alias === "web1"
            ? { reason: "policy", hint }
            : alias === "web2"
              ? { reason: "network", detail: "peer 192.0.2.1 not allowed", hint }
              : undefined,
        ),
    };
    const { ask, launched, entries } = await createTagged(t, 3, { gate });
    const asking = ask(tool, { tag: "web", command: "uptime" });
    const remote = await launched(1);
    remote.run();
    remote.exit(0);

    const [first, second, third] = entries(await asking);

    const hash = "dd291cd6294bafef";
    assert.deepEqual(first, { alias: "web1", hash, denied: true, reason: "policy", hint });
    assert.deepEqual(second, {
      alias: "web2",
      hash,
      denied: true,
      reason: "network: peer 192.0.2.1 not allowed",
      detail: "peer 192.0.2.1 not allowed",
      hint,
    });
    assert.equal(third?.exit_code, 0);
  });

  it("says that no host has the tag", async (t) => {
    const { ask } = await createTagged(t, 2);

    const answer = await ask(tool, { tag: "none", command: "uptime" });

    assert.deepEqual(answer, { tag: "none", results: [], note: "No hosts matched." });
  });

  for (const [args, sentence] of [
    [{ command: "uptime" }, "Error: tag is required"],
    [{ tag: "x".repeat(51), command: "uptime" }, "Error: tag too long (max 50 characters)"],
    [
      { tag: "a b", command: "uptime" },
      "Error: tag contains invalid characters (only alphanumeric, dot, dash, underscore allowed)",
    ],
    [{ tag: "web" }, "Error: command is required"],
  ] as [Fields, string][]) {
    it(`says what is wrong with ${JSON.stringify(args).slice(0, 40)}`, async (t) => {
      const { fail } = await createTagged(t, 1);

      assert.equal(await fail(tool, args), sentence);
    });
  }
});

describe("ssh_plan", () => {
  it("says that a command may run, with its limits, and runs nothing", async (t) => {
    const { ask, hosts } = await createMcp(t);

    const plan = await ask("ssh_plan", { alias: " build01 ", command: "uptime\n" });

    assert.deepEqual(plan, {
      alias: "build01",
      command: "uptime",
      hash: "dd291cd6294bafef",
      allowed: true,
      limits: {
        max_seconds: 0,
        max_output_bytes: 1048576,
        host_key_auto_add: false,
        require_known_host: true,
      },
      asks: false,
    });
    assert.deepEqual(hosts.launched, []);
  });

  it("says that it may not, and what to do", async (t) => {
    const { ask } = await createMcp(t, {
      gate: fixedGate({ reason: "policy", hint: "Start it with --allow-all." }),
    });

    const { allowed, hint } = await ask("ssh_plan", { alias: "build01", command: "uptime" });

    assert.deepEqual([allowed, hint], [false, "Start it with --allow-all."]);
  });

  it("knows no host that is not configured", async (t) => {
    const { fail } = await createMcp(t);

    const sentence = await fail("ssh_plan", { alias: "nowhere", command: "uptime" });
    assert.equal(sentence, "Error: Host alias not found: nowhere");
  });
});

describe("ssh_reload_config", () => {
  it("says that hosts and policy can be read", async (t) => {
    const { ask } = await createMcp(t);

    assert.deepEqual(await ask("ssh_reload_config"), { status: "reloaded" });
  });

  it("says what can't be read", async (t) => {
    const { call, catalog } = await createMcp(t);
    const { TaskError } = await import("../../../src/tasks/taskError");
    catalog.failure = new TaskError("configUnreadable", "The ssh config can't be read.");

    const result = await call("ssh_reload_config");

    assert.equal(result.isError, true);
    assert.deepEqual(resultOf(result), { status: "error", error: "The ssh config can't be read." });
  });
});
