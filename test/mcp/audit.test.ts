import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it, type TestContext } from "node:test";
import { hashCommand } from "../../src/tasks/taskId";
import { eventually } from "../support/eventually";
import { callTool, startHeadless } from "../support/headless";
import { startSshd, type Sshd } from "../support/sshd";
import { connectAskingTo } from "./person";

const alias = "build01";

type Line = Record<string, unknown>;

function read(file: string): Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  assert.equal(lines.pop(), "");
  return lines.map((line) => JSON.parse(line) as Line);
}

/** What the lines say, without what differs from run to run. */
const keysOf = (line: Line | undefined): string => Object.keys(line ?? {}).join(" ");

describe("what a headless server writes down", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let folder: string;
  let state: string;
  before(async () => {
    sshd = await startSshd({ aliases: [alias] });
    folder = await mkdtemp(join(tmpdir(), "ssh-tasks-audit-"));
  });
  after(async () => {
    await sshd.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    state = await mkdtemp(join(folder, "state-"));
  });

  async function start(t: TestContext, flags: readonly string[] = ["--allow-all"]) {
    const server = await startHeadless(sshd, ["--state-dir", state, ...flags]);
    t.after(() => server.close());
    return server;
  }
  const lines = (count: number, file = join(state, "audit.jsonl")): Promise<Line[]> =>
    eventually(`${count} lines are written`, () => read(file).length >= count && read(file));

  it("is each decision and each end, a JSON object a line, without the command", async (t) => {
    const client = await (await start(t)).connect("some client");
    const command = "echo password1; echo 2 >&2; exit 3";
    const began = Date.now();

    await callTool(client, "ssh_run", { alias, command });

    const [decision = {}, end = {}] = await lines(2);
    const hash = hashCommand(command);
    const { time, session, ...decided } = decision;
    assert.ok(Date.parse(String(time)) >= began - 1000, String(time));
    assert.match(String(session), /^[0-9a-f]{8}$/);
    assert.deepEqual(decided, {
      ...{ type: "decision", alias, hash, client: "agent:some client" },
      ...{ allowed: true, rule: "default of the host" },
    });
    assert.equal(
      keysOf(end),
      "time type alias hash taskId startedBy status address exitCode timeout createdAt durationMs bytesOut bytesErr",
    );
    const { type, startedBy, status, address, exitCode, timeout, bytesOut, bytesErr } = end;
    assert.deepEqual(
      [type, end["hash"], startedBy, status, address, exitCode, timeout, bytesOut, bytesErr],
      ["end", hash, "agent:some client", "failed", "127.0.0.1", 3, false, 10, 2],
    );
    assert.ok(Date.parse(String(end["createdAt"])) >= began - 1000);
    assert.doesNotMatch(JSON.stringify([decision, end]), /password1/);
    assert.equal(statSync(join(state, "audit.jsonl")).mode & 0o777, 0o600);
  });

  it("is each cancel: who, why, and what became of it with its receipt", async (t) => {
    const client = await (await start(t)).connect("some client");
    const { task_id } = await callTool(client, "ssh_run_async", { alias, command: "sleep 60" });

    await callTool(client, "ssh_cancel_async_task", { task_id });

    const [, cancel = {}, end = {}] = await lines(3);
    assert.equal(keysOf(cancel), "time type alias hash taskId requestedBy reason");
    assert.deepEqual(
      [cancel["type"], cancel["taskId"], cancel["requestedBy"]],
      ["cancel", task_id, "agent:some client"],
    );
    assert.deepEqual([end["type"], end["status"]], ["end", "cancelled"]);
    const { receipt } = end;
    assert.match(JSON.stringify(receipt), /"verified":true/);
  });

  it("is a denial, and no end of what never was", async (t) => {
    const server = await start(t, []);
    const client = await server.connect();

    await callTool(client, "ssh_run", { alias, command: "id" });

    const [decision = {}, ...more] = await lines(1);
    assert.deepEqual([decision["allowed"], decision["rule"]], [false, "nobody to ask"]);
    assert.deepEqual(more, []);
  });

  it("is the command too with --audit-commands, in the file that --audit names", async (t) => {
    const file = join(state, "elsewhere", "who.jsonl");
    const flags = ["--allow-all", "--audit", file, "--audit-commands"];
    const client = await (await start(t, flags)).connect();

    await callTool(client, "ssh_run", { alias, command: "echo 1" });

    const all = await lines(2, file);
    assert.deepEqual(
      all.map(({ command }) => command),
      ["echo 1", "echo 1"],
    );
    assert.equal(existsSync(join(state, "audit.jsonl")), false);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(join(state, "elsewhere")).mode & 0o777, 0o700);
  });

  it("is on the disk when the server has ended", async (t) => {
    const server = await start(t);
    const client = await server.connect();
    const running = callTool(client, "ssh_run", { alias, command: "sleep 60" }).catch(() => "gone");
    await lines(1);
    await eventually("it runs", async () => {
      const said = JSON.stringify(await callTool(await server.connect(), "ssh_list_tasks"));
      return said.includes('"running"');
    });

    await server.close();

    await running;
    const types = read(join(state, "audit.jsonl")).map(({ type, status }) => status ?? type);
    assert.deepEqual(types, ["decision", "cancel", "cancelled"]);
  });

  it("is a grant that outlives the server, for its owner's eyes alone", async (t) => {
    const first = await start(t, []);
    const asking = await connectAskingTo(first);
    const running = callTool(asking.client, "ssh_run", { alias, command: "echo 1" });
    (await asking.shown(1)).answer("Always on this host");
    assert.equal((await running)["output"], "1");
    await asking.client.close();
    await first.close();

    const client = await (await start(t, [])).connect();
    const next = await callTool(client, "ssh_run", { alias, command: "echo 2" });

    assert.equal(next["output"], "2");
    const file = join(state, "grants.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(file, "utf8"), /"machine": ".+@127\.0\.0\.1:\d+"/);
  });
});
