import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { eventually } from "./support/eventually";
import { callTool, startHeadless, type Headless } from "./support/headless";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "./support/processes";
import { startSshd, type Sshd } from "./support/sshd";

/** The ms since the epoch that a command has written to a file, one a line in ns. */
function timesIn(file: string): number[] {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => Number(line) / 1e6);
}

describe("the headless server with a state folder", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let state: string;
  let marker: string;
  const servers: Headless[] = [];
  before(async () => {
    sshd = await startSshd({ aliases: ["build01"] });
    state = mkdtempSync(join(tmpdir(), "ssh-tasks-test-"));
  });
  beforeEach(() => {
    marker = uniqueMarker();
  });
  // Each would take over the tasks of the next.
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close("SIGKILL");
    await killAll(marker);
  });
  after(async () => {
    await sshd.close();
    rmSync(state, { recursive: true, force: true });
  });

  async function start() {
    const server = await startHeadless(sshd, ["--allow-all", "--state-dir", state]);
    servers.push(server);
    return { server, client: await server.connect() };
  }

  const runTree = async ({ client }: Awaited<ReturnType<typeof start>>): Promise<unknown> => {
    const command = `echo begun; ${processTreeCommand(marker)}`;
    const { task_id } = await callTool(client, "ssh_run_async", { alias: "build01", command });
    await eventually("the tree runs", () => findProcesses(marker).length === processTreeSize);
    await eventuallyRuns(client, task_id);
    return task_id;
  };
  const eventuallyRuns = async (
    client: Awaited<ReturnType<typeof start>>["client"],
    task_id: unknown,
  ): Promise<Record<string, unknown>> => {
    const status = () =>
      callTool(client, "ssh_get_task_status", { task_id }).catch(() => ({ status: "unknown" }));
    return eventually("it is shown to run", async () => {
      const now: Record<string, unknown> = await status();
      return now["status"] === "running" && now;
    });
  };

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`lets a durable task go on when it ends by ${signal}, and the next one can cancel it`, async () => {
      const first = await start();
      const task_id = await runTree(first);

      await first.server.close(signal);

      assert.equal(findProcesses(marker).length, processTreeSize);
      const { client } = await start();
      assert.equal((await eventuallyRuns(client, task_id))["durable"], true);
      const cancel = await callTool(client, "ssh_cancel_async_task", { task_id });
      assert.equal(cancel["status"], "cancelled");
      assert.deepEqual(findProcesses(marker), []);
      const result = await callTool(client, "ssh_get_task_result", { task_id });
      assert.match(String(result["output"]), /^begun/); // some shells say "Terminated" too
    });
  }

  it(
    "stops for ten seconds, and the command does not wait for it",
    { timeout: 30_000 },
    async () => {
      const { server, client } = await start();
      const beats = join(state, "beats");
      // More output than fits between host and server.
      const beat = `date +%s%N >>${beats}; head -c 200000 /dev/zero; sleep 0.05`;
      const command = `i=0; while [ $i -lt 200 ]; do ${beat}; i=$((i+1)); done; exit 5`;
      const { task_id } = await callTool(client, "ssh_run_async", { alias: "build01", command });
      await eventually("its heart beats", () => timesIn(beats).length > 3);

      process.kill(server.pid, "SIGSTOP");
      await eventually("it has ended", () => timesIn(beats).length === 200, 25_000);
      process.kill(server.pid, "SIGCONT");

      const pauses = timesIn(beats).map((time, i, all) => time - (all[i - 1] ?? time));
      assert.ok(Math.max(...pauses) < 500, `it paused for ${Math.max(...pauses)} ms`);
      const status = () => callTool(client, "ssh_get_task_status", { task_id });
      await eventually("its end is known", async () => (await status())["status"] === "failed");
      const { exit_code, bytes_read } = await status();
      assert.deepEqual([exit_code, bytes_read], [5, 200 * 200_000]);
    },
  );

  it("has the tasks of another one that was killed within seconds", async () => {
    const first = await start();
    const { client, server } = await start();
    const task_id = await runTree(first);

    await first.server.close("SIGKILL");

    const cancel = await callTool(client, "ssh_cancel", { task_id });
    assert.equal(cancel["status"], "cancelled", `${JSON.stringify(cancel)}\n${server.log()}`);
    assert.deepEqual(findProcesses(marker), []);
  });

  it("shows the tasks of another one that is there, with their output, and cancels them through it", async () => {
    const first = await start();
    const { client, server } = await start();

    const task_id = await runTree(first);

    await eventuallyRuns(client, task_id);
    const output = () => callTool(client, "ssh_get_task_output", { task_id });
    await eventually("so is its output", async () =>
      JSON.stringify(await output()).includes("begun"),
    );
    const cancel = await callTool(client, "ssh_cancel_async_task", { task_id });
    assert.deepEqual([cancel["status"], findProcesses(marker)], ["cancelled", []]);
    const own = await callTool(first.client, "ssh_get_task_status", { task_id });
    assert.deepEqual([own["status"], own["cancel"]], [cancel["status"], cancel["cancel"]]);
    await server.close();
  });

  it("leaves the tasks of another one that is there alone when it ends", async () => {
    const first = await start();
    const { client, server } = await start();
    const task_id = await runTree(first);
    await eventuallyRuns(client, task_id);

    await server.close();

    assert.equal(findProcesses(marker).length, processTreeSize);
    const own = await callTool(first.client, "ssh_get_task_status", { task_id });
    assert.equal(own["status"], "running");
    await callTool(first.client, "ssh_cancel", { task_id });
    assert.deepEqual(findProcesses(marker), []);
  });

  it("says that another one that was stopped does not answer, and cancels once that is gone", async () => {
    const first = await start();
    const { client } = await start();
    const task_id = await runTree(first);
    await eventuallyRuns(client, task_id);
    process.kill(first.server.pid, "SIGSTOP");

    const cancel = () => callTool(client, "ssh_cancel_async_task", { task_id });
    assert.match(
      JSON.stringify(await cancel()),
      new RegExp(`process ${first.server.pid} .* does not answer`),
    );
    assert.equal(findProcesses(marker).length, processTreeSize);

    await first.server.close("SIGKILL");
    assert.equal((await cancel())["status"], "cancelled");
    assert.deepEqual(findProcesses(marker), []);
  });
});
