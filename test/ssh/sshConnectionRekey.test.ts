import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import ssh2, { type Connection, type ParsedKey } from "ssh2";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { generateHostKey } from "../support/hostKey";
import { startScriptedSshServer } from "../support/scriptedSshServer";
import { startSshd } from "../support/sshd";

const megabytes = 64;

describe("a connection that gets new session keys", { timeout: 60_000 }, () => {
  it("has its host's key judged once, and loses no byte", async (t) => {
    const sshd = await startSshd({ config: ["RekeyLimit 1M", "LogLevel DEBUG1"] });
    t.after(() => sshd.close());
    const host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
    const piece = randomBytes(1024 * 1024);
    await writeFile(join(sshd.dir, "piece"), piece);
    const log: string[] = [];
    const connection = await SshConnection.open(host, createConnectParts(log));
    await rm(sshd.knownHostsFile); // read again, it would say nothing of the host
    const logged = log.length;

    const command = `i=0; while [ $i -lt ${megabytes} ]; do cat ${sshd.dir}/piece; i=$((i + 1)); done`;
    const digest = await digestOf(connection, command);

    const expected = createHash("sha256");
    for (let i = 0; i < megabytes; i++) expected.update(piece);
    assert.equal(digest, expected.digest("hex"));
    const rekeys = (await readFile(sshd.logFile, "utf8")).match(/set_newkeys: rekeying/g) ?? [];
    assert.ok(rekeys.length >= megabytes / 2, `${rekeys.length} rekeys`);
    assert.equal(log.length, logged, "nothing was looked up or said");
    connection.end();
  });

  for (const change of [false, true]) {
    const outcome = change
      ? "ends when the host's key is another then"
      : "goes on with the same key";
    it(outcome, async (t) => {
      const server = await startScriptedSshServer((channel, connection) => {
        if (change) changeHostKey(connection);
        connection.rekey(() => channel.end("after"));
      });
      t.after(() => server.close());
      const connection = await server.connect();

      const printed = connection.openShell(
        (channel) =>
          new Promise<string>((resolve) => {
            let text = "";
            channel.on("data", (bytes: Buffer) => (text += bytes.toString()));
            channel.stderr.resume();
            channel.on("close", () => resolve(text));
          }),
      );

      if (change) {
        await eventually("it is gone", () => !connection.isOpen);
        assert.equal(connection.goneBecause?.code, "connectionLost");
        assert.match(connection.goneBecause.message, /Host denied/);
      } else {
        assert.equal(await printed, "after");
        assert.equal(connection.isOpen, true);
        connection.end();
      }
    });
  }
});

function digestOf(connection: SshConnection, script: string): Promise<string> {
  const digest = createHash("sha256");
  return connection
    .openShell(
      (channel) =>
        new Promise<string>((resolve) => {
          channel.on("data", (bytes: Buffer) => digest.update(bytes));
          channel.stderr.resume();
          channel.on("close", () => resolve(digest.digest("hex")));
          channel.end(script);
        }),
    )
    .then((hex) => hex);
}

/** Gives the server's side of a connection another key: what a host can only do when it is not the same any more. */
function changeHostKey(connection: Connection): void {
  const { private: other } = generateHostKey();
  const { _protocol } = connection as unknown as {
    _protocol: { _hostKeys: Record<string, ParsedKey | Error> };
  };
  _protocol._hostKeys["ssh-ed25519"] = ssh2.utils.parseKey(other);
}
