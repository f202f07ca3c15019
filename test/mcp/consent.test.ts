import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { eventually } from "../support/eventually";
import { callTool, startHeadless, type Headless } from "../support/headless";
import { repositoryRoot } from "../support/repo";
import { startSshd, type Sshd } from "../support/sshd";
import { connectAsking, connectAskingTo, type AskingClient } from "./person";

const alias = "build01";

let sshd: Sshd;
let server: Headless;
before(async () => {
  sshd = await startSshd({ aliases: [alias, "build02"] });
  server = await startHeadless(sshd, []);
});
after(async () => {
  await server.close();
  await sshd.close();
});

async function overHttp(t: TestContext, name?: string): Promise<AskingClient> {
  const asking = await connectAskingTo(server, name);
  t.after(() => asking.client.close());
  return asking;
}

async function overStdio(t: TestContext): Promise<AskingClient> {
  const files = ["--ssh-config", sshd.sshConfigFile, "--known-hosts", sshd.knownHostsFile];
  const args = [join(repositoryRoot(), "dist/headless.js"), "--stdio", ...files];
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: "ignore" });
  const asking = await connectAsking(transport);
  t.after(() => asking.client.close());
  return asking;
}

const run = (
  client: Client,
  command: string,
  signal?: AbortSignal,
): Promise<Record<string, unknown>> => callTool(client, "ssh_run", { alias, command }, signal);

for (const [transport, connect] of [
  ["HTTP", overHttp],
  ["stdio", overStdio],
] as const) {
  describe(`a client over ${transport} that can ask its user`, { timeout: 60_000 }, () => {
    it("shows what wants to run where, with the answer that lets nothing run first and none chosen", async (t) => {
      const { client, shown } = await connect(t);
      const running = run(client, "echo $((6*7))");

      const question = await shown(1);

      assert.deepEqual(question.params, {
        message: `agent:asking client wants to run a command on ${alias} (${sshd.user}@127.0.0.1):\n\necho $((6*7))`,
        requestedSchema: {
          type: "object",
          properties: {
            answer: {
              type: "string",
              title: "May it run?",
              enum: ["Deny", "Once", "This session"],
            },
          },
          required: ["answer"],
        },
      });
      question.answer("Deny");
      await running;
    });

    it("has it run once when the answer is Once", async (t) => {
      const { client, shown } = await connect(t);
      const running = run(client, "echo $((6*7))");
      (await shown(1)).answer("Once");

      assert.equal((await running)["output"], "42");

      const next = run(client, "echo 2");
      (await shown(2)).answer("Deny");
      assert.equal((await next)["status"], "denied");
    });

    it("is not asked again after This session", async (t) => {
      const { client, shown, questions } = await connect(t);
      const running = run(client, "echo 1");
      (await shown(1)).answer("This session");
      await running;

      const next = await run(client, "echo 2");

      assert.deepEqual([next["output"], questions.length], ["2", 1]);
    });

    const denials = [
      ["Deny", "Deny", "The user has denied it."],
      ["a refusal to answer", { action: "decline" as const }, "The user has denied it."],
      ["a closed question", { action: "cancel" as const }, "The user gave no answer."],
      [
        "a closed question with an answer in it",
        { action: "cancel" as const, content: { answer: "Once" } },
        "The user gave no answer.",
      ],
      ["an answer that was not offered", "Always on this host", "The user gave no answer."],
    ] as const;
    for (const [name, answer, detail] of denials) {
      it(`is denied by ${name}`, async (t) => {
        const { client, shown } = await connect(t);
        const proof = join(sshd.dir, "denied");
        const running = run(client, `touch ${proof}`);

        (await shown(1)).answer(answer);

        const { status, reason, detail: said, hint } = await running;
        assert.deepEqual([status, reason, said], ["denied", "consent", detail]);
        assert.match(String(hint), /^Do not run it another way/);
        assert.equal(existsSync(proof), false);
      });
    }

    it("starts nothing when the request is taken back, however late the answer is", async (t) => {
      const { client, shown } = await connect(t);
      const proof = join(sshd.dir, `taken-back-${transport}`);
      const stop = new AbortController();
      const stopped = assert.rejects(run(client, `touch ${proof}`, stop.signal), /AbortError/);
      const question = await shown(1);

      stop.abort();

      await stopped;
      await eventually("the question is taken away", () => question.signal.aborted);
      question.answer("Once");
      const next = run(client, "echo 2");
      (await shown(2)).answer("Once");
      assert.equal((await next)["output"], "2");
      assert.equal(existsSync(proof), false);
    });

    it("hears of progress and can cancel while the question is open", async (t) => {
      const { client, shown } = await connect(t);
      const started = callTool(client, "ssh_run_async", { alias, command: "sleep 60" });
      (await shown(1)).answer("Once");
      const { task_id } = await started;
      const told: unknown[] = [];
      const call = { name: "ssh_run", arguments: { alias, command: "echo 1" } };
      const onprogress = ({ message }: { message?: string | undefined }) => told.push(message);
      const running = client.callTool(call, undefined, { onprogress });
      const question = await shown(2);

      const cancel = await callTool(client, "ssh_cancel_async_task", { task_id });

      assert.equal(cancel["status"], "cancelled", JSON.stringify(cancel));
      await eventually("progress is told", () => told.length > 0);
      assert.equal(told[0], `waiting for the user to allow it on ${alias}`);
      question.answer("Deny");
      await running;
    });
  });
}

describe("several clients", { timeout: 60_000 }, () => {
  it("are asked each for themselves", async (t) => {
    const first = await overHttp(t, "first");
    const second = await overHttp(t, "second");
    const running = run(first.client, "echo 1");
    (await first.shown(1)).answer("This session");
    await running;

    const other = run(second.client, "echo 2");
    const question = await second.shown(1);

    assert.match(question.params.message, /^agent:second wants/);
    question.answer("Deny");
    assert.equal((await other)["status"], "denied");
    assert.equal((await run(first.client, "echo 3"))["output"], "3");
  });

  it("are asked one question at a time each, and a grant is enough for the calls behind it", async (t) => {
    const { client, shown, questions } = await overHttp(t);
    const all = ["echo 1", "echo 2", "echo 3"].map((command) => run(client, command));
    const question = await shown(1);
    const other = await overHttp(t, "other");
    const elsewhere = run(other.client, "echo 4");
    (await other.shown(1)).answer("Once"); // meanwhile, nothing else was shown

    assert.equal((await elsewhere)["output"], "4");
    assert.equal(questions.length, 1);
    question.answer("This session");

    const outputs = (await Promise.all(all)).map(({ output }) => output);
    assert.deepEqual([outputs, questions.length], [["1", "2", "3"], 1]);
  });

  it("are refused when they can't ask, with the flags that help", async () => {
    const client = await server.connect();

    const denial = await run(client, "echo 1");
    const plan = await callTool(client, "ssh_plan", { alias, command: "echo 1" });

    const hint =
      "Running commands is not allowed here, and this client can't ask its user: start the server with --allow-all, or with --policy FILE.";
    assert.deepEqual(
      [denial["status"], denial["reason"], denial["hint"]],
      ["denied", "policy", hint],
    );
    assert.deepEqual([plan["allowed"], plan["asks"], plan["hint"]], [false, true, hint]);
  });
});
