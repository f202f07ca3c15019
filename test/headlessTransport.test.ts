import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { run } from "./support/childProcesses";
import { eventually } from "./support/eventually";
import { callTool, startHeadless } from "./support/headless";
import {
  findProcesses,
  killAll,
  processTreeCommand,
  processTreeSize,
  uniqueMarker,
} from "./support/processes";
import { startDropbear } from "./support/dropbear";
import { isRoot } from "./support/sshHarness";
import { startSshd, type Sshd, type SshdOptions } from "./support/sshd";

describe("the headless server over the system's ssh", { timeout: 60_000 }, () => {
  let marker = "";
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd({ aliases: ["build01"], endProcessesOnClose: true });
  });
  after(() => sshd.close());
  beforeEach(() => {
    marker = uniqueMarker();
  });
  afterEach(() => killAll(marker));

  /** The ssh processes that a process has started, by their arguments. */
  async function sshOf(pid: number): Promise<Map<string, string>> {
    const lines = (await run("ps", ["ax", "-o", "pid=,ppid=,args="])).split("\n");
    const words = lines.map((line) => line.trim().split(/\s+/));
    const own = words.filter(([, parent, program]) => parent === String(pid) && program === "ssh");
    return new Map(own.map(([child = "", , ...args]) => [child, args.join(" ")]));
  }

  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    it(`leaves no ssh and no folder behind when it ends by ${signal}`, async (t) => {
      const server = await startHeadless(sshd, ["--allow-all", "--transport", "ssh"]);
      t.after(() => server.close("SIGKILL"));
      const client = await server.connect();
      const command = `sleep ${marker}.1`;
      void callTool(client, "ssh_run", { alias: "build01", command }).catch(() => undefined);
      await eventually("it runs", () => findProcesses(marker).length > 0);
      const children = await sshOf(server.pid);
      const [folder] =
        /\/[^\s=]*\/ssh-tasks-\w+(?=\/)/.exec([...children.values()].join("\n")) ?? [];
      assert.ok(folder);
      assert.ok(children.size >= 2, "a shared connection, and a channel over it");
      readFileSync(`${folder}/askpass.js`);

      process.kill(server.pid, signal);
      await server.exited;

      const isGone = (pid: string): boolean => !findPid(pid);
      await eventually("no ssh is left", () => [...children.keys()].every(isGone));
      await eventually("nothing runs", () => findProcesses(marker).length === 0);
      await eventually("no folder is left", () => {
        assert.throws(() => readFileSync(`${folder}/askpass.js`), { code: "ENOENT" });
        return true;
      });
    });
  }

  for (const [name, startServer, skip] of [
    ["gives one channel and signs in one at a time", startNarrowSshd, false],
    ["is dropbear", startDropbear, !isRoot],
  ] as const) {
    it(`starts, follows and cancels a task where the server ${name}`, { skip }, async (t) => {
      const host = await startServer({ aliases: ["build01"], endProcessesOnClose: true });
      t.after(() => host.close());
      const server = await startHeadless(host, ["--allow-all", "--transport", "ssh"]);
      t.after(() => server.close());
      const client = await server.connect();
      const command = `echo begun; ${processTreeCommand(marker)}`;
      const { task_id } = await callTool(client, "ssh_run_async", { alias: "build01", command });
      await eventually("its output is followed", async () => {
        const { output_lines: lines } = await callTool(client, "ssh_get_task_output", { task_id });
        return String(lines) === "begun" && findProcesses(marker).length === processTreeSize;
      });

      const cancelled = await callTool(client, "ssh_cancel_async_task", { task_id });

      assert.match(JSON.stringify(cancelled), /"verified":true/);
      assert.deepEqual(findProcesses(marker), []);
    });
  }

  it("refuses a transport that there is none", async () => {
    await assert.rejects(
      startHeadless(sshd, ["--allow-all", "--transport", "telnet"]),
      /--transport takes one of auto, ssh2, ssh/,
    );
  });
});

function startNarrowSshd(options: SshdOptions): Promise<Sshd> {
  return startSshd({ ...options, config: ["MaxSessions 1", "MaxStartups 1"] });
}

function findPid(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}
