import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { SshConnection } from "../../src/ssh/sshConnection";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { TaskError } from "../../src/tasks/taskError";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { createTcpServer } from "../support/oddServers";
import { startSshd, type Sshd } from "../support/sshd";
import { startTcpProxy } from "../support/tcpProxy";

async function refusal(host: SshHostConfig, log: string[] = []): Promise<TaskError> {
  const error = await SshConnection.open(host, createConnectParts(log)).then(
    () => new Error("The connection was opened"),
    (refused: unknown) => refused,
  );
  if (error instanceof TaskError) return error;
  throw error;
}

describe("a server that is none", { timeout: 60_000 }, () => {
  let sshd: Sshd;
  let host: SshHostConfig;
  before(async () => {
    sshd = await startSshd();
    host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
  });
  after(() => sshd.close());

  it("is given up after 15 s when it accepts and says nothing", async (t) => {
    let closed = false;
    const port = await createTcpServer(t, (socket) => {
      socket.resume().on("close", () => (closed = true));
    });
    const began = Date.now();

    const error = await refusal({ ...host, port });

    assert.equal(error.code, "hostSilent");
    assert.match(error.message, /^SSH connection timeout: Host did not respond\. .*within 15 s/s);
    assert.ok(Date.now() - began < 17_000);
    await eventually("its socket is closed", () => closed);
  });

  for (const [title, serve] of [
    ["closes at once", (socket) => socket.end()],
    ["resets at once", (socket) => socket.resetAndDestroy()],
    ["says that it has too many", (socket) => socket.end("Exceeded MaxStartups\r\n")],
  ] as readonly (readonly [string, (socket: Socket) => void])[]) {
    it(`is one that may be busy when it ${title}`, async (t) => {
      const port = await createTcpServer(t, serve);

      const error = await refusal({ ...host, port });

      assert.equal(error.code, "connectionDropped");
      assert.match(
        error.message,
        /^SSH error: Connection dropped\. .*MaxStartups.*try again later/s,
      );
    });
  }

  for (const [title, serve] of [
    ["speaks another protocol", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["greets and closes", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
    [
      "greets and resets",
      (socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n", () => socket.resetAndDestroy()),
    ],
    [
      "greets and then says anything",
      (socket) => socket.end("SSH-2.0-x\r\n" + "\x01".repeat(5000)),
    ],
    ["speaks SSH 1 only", (socket) => socket.end("SSH-1.5-old\r\n")],
  ] as readonly (readonly [string, (socket: Socket) => void])[]) {
    it(`is one sentence with a next step when it ${title}`, async (t) => {
      const port = await createTcpServer(t, serve);

      const error = await refusal({ ...host, port });

      assert.match(error.message, /^SSH (error|connection)[^]*`ssh -v` in a terminal/);
      // A reset may take a greeting with it that was not read yet.
      const codes = ["connectionLost", "handshakeFailed"];
      if (title === "greets and resets") codes.push("connectionDropped");
      assert.ok(codes.includes(error.code), error.code);
    });
  }

  it("is one sentence when it dies in the handshake, at whatever moment", async () => {
    // Its greeting, and the key exchange.
    for (const limit of [1, 500]) {
      const proxy = await startTcpProxy(sshd.port);
      proxy.freezeAt(limit);
      const opening = refusal({ ...host, port: proxy.port });
      await eventually("it has come as far", () => proxy.held() > 0);

      proxy.cut();

      const error = await opening;
      // Whether the server had spoken before the first byte of ours is chance.
      const codes = limit === 1 ? ["connectionDropped", "connectionLost"] : ["connectionLost"];
      assert.ok(codes.includes(error.code), error.code);
      assert.match(error.message, /^SSH error: /);
      proxy.close();
    }
  });

  it("does not end our process by a second error", async (t) => {
    const log: string[] = [];
    const port = await createTcpServer(t, (socket) => void socket.resetAndDestroy());

    await Promise.all(Array.from({ length: 10 }, () => refusal({ ...host, port }, log)));

    const errors = log.filter((line) => line.includes(`@127.0.0.1:${port}: `));
    assert.ok(errors.length > 10, `more errors than connections: ${log.join("\n")}`);
  });
});
