import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { tools } from "../../src/mcp/tools";
import { startHeadless, type Headless } from "../support/headless";
import { inspectHttp, inspectStdio, type Inspector } from "../support/inspector";
import { startSshd, type Sshd } from "../support/sshd";

/** The Inspector's exit code for a server that wants another sign-in. */
const authRequired = 3;

describe("the MCP Inspector", { timeout: 300_000 }, () => {
  let sshd: Sshd;
  let server: Headless;
  before(async () => {
    sshd = await startSshd({ aliases: ["build01"] });
    server = await startHeadless(sshd);
  });
  after(async () => {
    await server.close();
    await sshd.close();
  });

  const ways: [string, () => Promise<Inspector>][] = [
    ["over HTTP, with the token in a header", () => inspectHttp(server)],
    ["over standard input and output", () => inspectStdio(sshd)],
  ];
  for (const [way, open] of ways) {
    describe(way, () => {
      let inspector: Inspector;
      before(async () => {
        inspector = await open();
      });
      after(() => inspector.close());

      it("lists the tools", async () => {
        const listed = await inspector.listTools();

        assert.deepEqual(
          listed,
          tools.map(({ name }) => name),
        );
      });

      it("is given the hosts", async () => {
        assert.deepEqual(await inspector.callTool("ssh_list_hosts"), { hosts: ["build01"] });
      });

      it("runs a command on a real host", async () => {
        const command = "echo out; echo err >&2; exit 3";

        const result = await inspector.callTool("ssh_run", { alias: "build01", command });

        const { output, exit_code, status } = result as Record<string, unknown>;
        assert.deepEqual([output, exit_code, status], ["out\nerr", 3, "failed"]);
      });
    });
  }

  it("is refused over HTTP with another token", async (t) => {
    const inspector = await inspectHttp({ url: server.url, token: "wrong" });
    t.after(() => inspector.close());

    await assert.rejects(inspector.listTools(), { code: authRequired });
  });
});
