import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMcp, type Fields } from "./createMcp";

type Mcp = Awaited<ReturnType<typeof createMcp>>;

async function read({ client }: Mcp, uri: string): Promise<Fields> {
  const { contents } = await client.readResource({ uri });
  const [content, ...others] = contents;
  assert.deepEqual([content?.mimeType, content?.uri, others], ["application/json", uri, []]);
  return JSON.parse(String(content && "text" in content && content.text)) as Fields;
}

describe("the resources", () => {
  it("are the hosts and the newest tasks, and templates for each of them", async (t) => {
    const mcp = await createMcp(t);
    const { task } = await mcp.startRunning({ command: "echo \u009b\necho" });

    const { resources } = await mcp.client.listResources();
    const { resourceTemplates } = await mcp.client.listResourceTemplates();

    assert.deepEqual(
      resources.map(({ uri, name }) => [uri, name]),
      [
        ["ssh://hosts", "resource_hosts"],
        [`ssh://task/${task.id}`, task.id],
      ],
    );
    assert.equal(resources[1]?.title, "echo <U+009B> echo on build01");
    assert.deepEqual(
      resourceTemplates.map(({ uriTemplate }) => uriTemplate),
      [
        "ssh://host/{alias}",
        "ssh://host/{alias}/tags",
        "ssh://host/{alias}/capabilities",
        "ssh://task/{id}",
        "ssh://task/{id}/output",
      ],
    );
  });

  it("give the hosts as clients know them, and nothing of how one signs in", async (t) => {
    const mcp = await createMcp(t);
    const host = {
      alias: "build01",
      host: "192.0.2.1",
      port: 22,
      tags: [],
      description: "",
      has_credentials_ref: false,
    };

    const { count, hosts } = await read(mcp, "ssh://hosts");
    const one = await read(mcp, "ssh://host/build01");

    assert.deepEqual([count, (hosts as Fields[])[0]], [2, host]);
    assert.equal(JSON.stringify(one), JSON.stringify(host));
    assert.deepEqual(await read(mcp, "ssh://host/build01/tags"), { alias: "build01", tags: [] });
  });

  it("tell what is allowed on a host", async (t) => {
    const mcp = await createMcp(t);

    const { alias, limits, features } = await read(mcp, "ssh://host/build01/capabilities");

    assert.equal(alias, "build01");
    assert.equal((limits as Fields).require_known_host, true);
    assert.deepEqual(features, { supports_async: true, supports_cancellation: true });
  });

  it("give a task and its output", async (t) => {
    const mcp = await createMcp(t);
    const { task, remote } = await mcp.startRunning();
    remote.write("stdout", "out\n");
    remote.write("stderr", "\x07err\n");
    remote.exit(3);

    const { status, exit_code, alias } = await read(mcp, `ssh://task/${task.id}`);
    const output = await read(mcp, `ssh://task/${task.id}/output`);

    assert.deepEqual([status, exit_code, alias], ["failed", 3, "build01"]);
    assert.deepEqual(output, { task_id: task.id, status: "failed", output: "out\n␇err" });
  });

  for (const [uri, error] of [
    ["ssh://host/nowhere", "Host alias not found: nowhere"],
    ["ssh://host/nowhere/tags", "Host alias not found: nowhere"],
    ["ssh://host/nowhere/capabilities", "Host alias not found: nowhere"],
    [
      "ssh://host/a b",
      "alias contains invalid characters (only alphanumeric, dot, dash, underscore allowed)",
    ],
    ["ssh://task/build01:0:0", "Task not found: build01:0:0"],
    ["ssh://task/build01:0:0/output", "Task not found: build01:0:0"],
  ] as const) {
    it(`say in the answer what is wrong with ${uri}`, async (t) => {
      const mcp = await createMcp(t);

      assert.deepEqual(await read(mcp, uri), { error });
    });
  }

  for (const uri of ["ssh://other", "http://hosts", "ssh://host/build01/key", "ssh://task/"]) {
    it(`do not include ${uri}`, async (t) => {
      const { client } = await createMcp(t);

      await assert.rejects(client.readResource({ uri }), { code: -32002 });
    });
  }

  it("are told of when they change, to who follows them", async (t) => {
    const { client, startRunning, clock, tasks } = await createMcp(t);
    const heard: unknown[] = [];
    client.fallbackNotificationHandler = ({ method, params }) =>
      Promise.resolve(void heard.push(params ? `${method} ${String(params.uri)}` : method));
    const { task, remote } = await startRunning();
    await clock.advance(1000);
    await client.listResources();
    await client.subscribeResource({ uri: `ssh://task/${task.id}/output` });
    await startRunning();
    remote.write("stdout", "one\n");
    remote.write("stdout", "two\n");

    await clock.advance(1000);
    await client.ping();

    const updated = `notifications/resources/updated ssh://task/${task.id}/output`;
    assert.deepEqual(heard.sort(), ["notifications/resources/list_changed", updated]);
    await client.unsubscribeResource({ uri: `ssh://task/${task.id}/output` });
    remote.exit(0);
    await clock.advance(0);
    tasks.clearFinished();
    await clock.advance(1000);
    await client.ping();
    assert.equal(heard.length, 3);
  });

  it("complete aliases and task ids", async (t) => {
    const { client, startRunning } = await createMcp(t);
    const { task } = await startRunning();
    const complete = async (uri: string, name: string, value: string) =>
      (await client.complete({ ref: { type: "ref/resource", uri }, argument: { name, value } }))
        .completion.values;

    assert.deepEqual(await complete("ssh://host/{alias}", "alias", "b"), ["build01"]);
    assert.deepEqual(await complete("ssh://host/{alias}", "alias", ""), [
      "build01",
      "web.example.com",
    ]);
    assert.deepEqual(await complete("ssh://task/{id}", "id", "build"), [task.id]);
    assert.deepEqual(await complete("ssh://task/{id}", "other", ""), []);
  });
});

describe("the prompts", () => {
  const mentions: Record<string, string[]> = {
    ssh_orchestrator_usage: ["SSH Orchestrator", "ssh_plan", "ssh_run"],
    ssh_policy_denied_guidance: ["policy", "denied"],
    ssh_network_denied_guidance: ["network", "policy"],
    ssh_missing_host_guidance: ["servers.yml", "host"],
    ssh_missing_credentials_guidance: ["credentials.yml", "username"],
    ssh_config_change_workflow: ["servers.yml", "credentials.yml", "policy.yml"],
  };

  it("are the six that clients know, each one message of the user", async (t) => {
    const { client } = await createMcp(t);

    const { prompts } = await client.listPrompts();

    assert.deepEqual(
      prompts.map(({ name }) => name),
      Object.keys(mentions),
    );
    for (const { name, description } of prompts) {
      const { messages } = await client.getPrompt({ name });
      assert.equal(messages.length, 1);
      const [message] = messages;
      assert.equal(message?.role, "user");
      const text = message.content.type === "text" ? message.content.text : "";
      for (const word of mentions[name] ?? []) assert.ok(text.includes(word), `${name}: ${word}`);
      assert.ok(description && description.length > 10);
    }
    await assert.rejects(client.getPrompt({ name: "other" }), { code: -32602 });
  });
});

describe("log messages", () => {
  async function hear(t: Parameters<typeof createMcp>[0]) {
    const mcp = await createMcp(t);
    const heard: string[] = [];
    mcp.client.fallbackNotificationHandler = ({ method, params }) => {
      if (method === "notifications/message")
        heard.push(`${String(params?.level)} ${String(params?.data)}`);
      return Promise.resolve();
    };
    return { ...mcp, heard };
  }

  it("tell what becomes of a task that was started without waiting, and never its command", async (t) => {
    const { ask, hosts, heard, clock, client } = await hear(t);
    const { task_id } = await ask("ssh_run_async", { alias: "build01", command: "echo ü" });
    hosts.last.run();
    hosts.last.exit(0);
    await clock.advance(100);
    await client.ping();

    const id = String(task_id);
    assert.deepEqual(heard, [
      `info task ${id} created {"alias":"build01","hash":"${id.split(":")[1] ?? ""}","status":"pending"}`,
      `info task ${id} completed {"exit_code":0,"duration_ms":0,"cancelled":false,"timeout":false,"target_ip":"192.0.2.1","max_seconds":0}`,
    ]);
  });

  it("tell of a cancelled task that it was cancelled, once, and of no other end", async (t) => {
    const { ask, hosts, heard, clock, client } = await hear(t);
    const { task_id } = await ask("ssh_run_async", { alias: "build01", command: "sleep 600" });
    hosts.last.run();
    await ask("ssh_cancel_async_task", { task_id });
    await clock.advance(10_000);
    await client.ping();

    const id = String(task_id);
    assert.deepEqual(heard.slice(1), [
      `info task ${id} cancelled {"reason":"user_requested","max_seconds":0}`,
      `info {"event":"ssh_cancel_async_task","task_id":"${id}","cancelled":true}`,
    ]);
  });

  it("are of the level that the client asks for", async (t) => {
    const { ask, hosts, heard, clock, client } = await hear(t);
    await client.setLoggingLevel("debug");
    const { task_id } = await ask("ssh_run_async", { alias: "build01", command: "sleep 600" });
    hosts.last.run();
    await clock.advance(5000);
    await ask("ssh_get_task_status", { task_id });
    await client.ping();
    assert.match(
      heard.join("\n"),
      /debug task .* progress {"phase":"running","bytes_read":0,"elapsed_ms":5000,"max_seconds":0,"output_lines":0}/,
    );
    assert.match(heard.join("\n"), /debug {"event":"ssh_get_task_status"/);

    await client.setLoggingLevel("error");
    heard.length = 0;
    await ask("ssh_cancel", { task_id });
    await client.ping();

    assert.deepEqual(heard, []);
  });
});
