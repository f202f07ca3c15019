import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { eventually } from "./support/eventually";
import { callTool, startHeadless, type Headless } from "./support/headless";
import { findProcesses, killAll, uniqueMarker } from "./support/processes";
import { startSshd, type Sshd } from "./support/sshd";

type Entry = Record<string, unknown>;

describe("ssh_run_on_tag on real hosts", { timeout: 60_000 }, () => {
  const marker = uniqueMarker();
  let sshd: Sshd;
  let server: Headless;
  before(async () => {
    sshd = await startSshd({ aliases: ["web1", "web2", "db1"] });
    await appendFile(sshd.sshConfigFile, "\nHost down\n  HostName 127.0.0.1\n  Port 1\n");
    const flags = ["--allow-all", "--tag", "web=web1,down,web2", "--tag", "all=web1,web2,db1"];
    server = await startHeadless(sshd, flags);
  });
  after(async () => {
    await server.close();
    await killAll(marker);
    await sshd.close();
  });

  it("runs on all with the tag, and one that can't be reached stops no other", async () => {
    const client = await server.connect();

    const answer = await callTool(client, "ssh_run_on_tag", {
      tag: "web",
      command: "echo $((6*7))",
    });

    const entries = answer["results"] as Entry[];
    assert.deepEqual(
      entries.map(({ alias, exit_code, output }) => [alias, exit_code, output]).slice(0, 1),
      [["web1", 0, "42"]],
    );
    assert.deepEqual(
      entries.map(({ alias }) => alias),
      ["web1", "web2", "down"],
    );
    assert.equal(entries[1]?.["output"], "42");
    assert.match(String(entries[2]?.["output"]), /^SSH connection refused/);
    const { tags } = await callTool(client, "ssh_describe_host", { alias: "web1" });
    assert.deepEqual(tags, ["web", "all"]);
  });

  it("ends on all that are left when its call is taken back", async () => {
    const client = await server.connect();
    const stop = new AbortController();
    const asking = client.callTool(
      { name: "ssh_run_on_tag", arguments: { tag: "all", command: `sleep ${marker}.1` } },
      undefined,
      { signal: stop.signal },
    );
    await eventually("it runs on three", () => findProcesses(marker).length === 3);

    stop.abort();

    await assert.rejects(asking);
    await eventually("it runs nowhere", () => findProcesses(marker).length === 0);
  });

  it("takes no --tag that names no host", async () => {
    await assert.rejects(startHeadless(sshd, ["--tag", "web"]), /--tag takes NAME=ALIAS/);
  });
});
