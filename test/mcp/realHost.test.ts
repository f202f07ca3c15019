import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { callTool, startHeadless, type Headless } from "../support/headless";
import { startSshd, type Sshd } from "../support/sshd";

const alias = "build01";

describe("an agent that has a real host", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let server: Headless;
  let client: Client;
  before(async () => {
    sshd = await startSshd({ aliases: [alias] });
    server = await startHeadless(sshd);
    client = await server.connect();
  });
  after(async () => {
    await server.close();
    await sshd.close();
  });

  it("has 16 MiB of output in a tenth of the time that 80 KB a second would take", async () => {
    const size = 16 * 1024 * 1024;
    const command = `head -c ${size} /dev/zero | tr '\\0' x`;
    const began = performance.now();

    const { status, gap } = await callTool(client, "ssh_run", { alias, command });

    const seconds = (performance.now() - began) / 1000;
    assert.equal(status, "completed");
    assert.ok(gap, "it says what it left out");
    assert.ok(seconds < size / 80_000 / 10, `it took ${seconds} s`);
  });

  it("keeps the blanks at the beginning of output, and waits for no standard input", async () => {
    const command = "printf '  indented\\n\\n'; cat";

    const { output, exit_code } = await callTool(client, "ssh_run", { alias, command });

    assert.deepEqual([output, exit_code], ["  indented", 0]);
  });

  it("starts, waits and has output and exit code in two calls", async () => {
    const command = "echo one; sleep 0.3; echo two; exit 4";

    const { task_id, status } = await callTool(client, "ssh_run_async", { alias, command });
    const end = await callTool(client, "ssh_wait_task", { task_id });

    assert.equal(status, "pending");
    assert.deepEqual([end["status"], end["exit_code"]], ["failed", 4]);
    assert.equal(end["stdout"], "one\ntwo\n");
  });
});
