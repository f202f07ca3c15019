import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, describe, it } from "node:test";
import type { HostChannel } from "../../../src/ssh/hostConnection";
import { ProcessChannel } from "../../../src/ssh/system/processChannel";
import { requireProgram } from "../../support/childProcesses";
import { startScriptedSshServer } from "../../support/scriptedSshServer";
import { SystemSsh } from "../../support/systemSsh";

/** What a channel has said once it is closed. */
function whole(channel: HostChannel) {
  const said = { stdout: "", stderr: "", code: undefined as number | null | undefined };
  channel.on("data", (bytes: Buffer) => (said.stdout += bytes.toString()));
  channel.stderr.on("data", (bytes: Buffer) => (said.stderr += bytes.toString()));
  channel.on("exit", (code: number | null) => (said.code = code));
  return new Promise<typeof said>((resolve) => channel.on("close", () => resolve(said)));
}

const nothing = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
const start = (script: string) =>
  new ProcessChannel(spawn(requireProgram("sh"), ["-c", script]), nothing);

describe("a channel of the system's ssh", { timeout: 60_000 }, () => {
  const ssh = new SystemSsh();
  after(() => ssh.close());

  it("has said all when it closes", async () => {
    const { stdout, stderr, code } = await whole(start("seq 20000; seq 20000 >&2; exit 3"));

    assert.deepEqual([stdout.length, stderr.length, code], [108_894, 108_894, 3]);
  });

  it("closes once its standard error is heard too", async () => {
    const channel = start("echo words >&2");
    let heard = false;
    channel.resume();
    channel.stderr.on("end", () => (heard = true));
    setTimeout(() => channel.stderr.resume(), 200);

    await once(channel, "close");

    assert.equal(heard, true);
  });

  it("closes, and that is no error, when what is written can't be read any more", async () => {
    const channel = start("exec sleep 60");
    const closed = whole(channel);
    const written = new Promise((resolve) => channel.write(Buffer.alloc(1 << 20), resolve));

    channel.close();

    assert.equal((await closed).code, null);
    await written;
    assert.equal(channel.errored, null);
  });

  it("closes, and that is no error, when it is ended after its command", async () => {
    const channel = start("exec <&-; sleep 0.2");
    const closed = whole(channel);
    channel.end(Buffer.alloc(1 << 20));

    await closed;

    assert.equal(channel.errored, null);
  });

  it("tells what a host says that has no shell", async () => {
    const server = await startScriptedSshServer((channel) => {
      channel.stderr.write("exec: not recognised\n");
      channel.exit(1);
      channel.close();
    });
    after(() => server.close());
    const connection = await ssh.connect(server.host);

    const said = await (await connection.openShell((channel) => ({ said: whole(channel) }))).said;

    assert.deepEqual(said, { stdout: "", stderr: "exec: not recognised\n", code: 1 });
  });
});
