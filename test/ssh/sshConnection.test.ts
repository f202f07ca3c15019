import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { SshConnection } from "../../src/ssh/sshConnection";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { TaskError } from "../../src/tasks/taskError";
import { requireProgram, run } from "../support/childProcesses";
import { createConnectParts } from "../support/createTasks";
import { eventually } from "../support/eventually";
import { freePort } from "../support/loopback";
import { startSshd, type Sshd, type SshdOptions } from "../support/sshd";

/** What an open connection was refused with; a test that gets one fails. */
async function refusal(host: SshHostConfig): Promise<TaskError> {
  try {
    (await SshConnection.open(host, createConnectParts())).end();
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
  throw new Error("The connection was opened");
}

async function configOf(sshd: Sshd): Promise<SshHostConfig> {
  return (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
}

/** Runs one script over a channel and gives what it prints. */
function shell(connection: SshConnection, script: string): Promise<string> {
  return connection
    .openShell(
      (channel) =>
        new Promise<string>((resolve) => {
          let text = "";
          channel.on("data", (bytes: Buffer) => (text += bytes.toString()));
          channel.stderr.resume();
          channel.on("close", () => resolve(text));
          channel.end(script);
        }),
    )
    .then((printed) => printed);
}

describe("a connection to a real OpenSSH server", () => {
  let sshd: Sshd;
  let host: SshHostConfig;
  before(async () => {
    sshd = await startSshd({ environment: { HOME: "/nonexistent" } });
    host = await configOf(sshd);
  });
  after(() => sshd.close());

  it("runs scripts, knows where it went, and says once that it is gone", async () => {
    const connection = await SshConnection.open(host, createConnectParts());
    const gone: TaskError[] = [];
    connection.onDidClose((error) => gone.push(error));

    assert.equal(await shell(connection, "echo $((6 * 7))"), "42\n");
    assert.equal(connection.hostAddress, "127.0.0.1");
    assert.equal(connection.isOpen, true);
    connection.end();

    await eventually("it is gone", () => !connection.isOpen);
    assert.deepEqual(
      gone.map(({ code }) => code),
      ["connectionLost"],
    );
    assert.equal(connection.goneBecause, gone[0]);
    await assert.rejects(shell(connection, "true"), { code: "connectionLost" });
  });

  it("says that it is gone when the server dies, to those who wait for a channel too", async () => {
    const connection = await SshConnection.open(host, createConnectParts());
    await shell(connection, "true");
    const waiting = shell(connection, "sleep 30");

    sshd.killConnections();

    await eventually("it is gone", () => !connection.isOpen);
    await Promise.race([waiting, assert.rejects(waiting, { code: "connectionLost" })]).catch(
      () => undefined,
    );
    assert.equal(connection.goneBecause?.code, "connectionLost");
  });

  it("refuses a key that nobody knows, naming it as ssh-keygen does, and how to go on", async () => {
    const printed = await run(requireProgram("ssh-keygen"), [
      "-l",
      "-f",
      `${sshd.dir}/host_key_ed25519.pub`,
    ]);

    const error = await refusal({ ...host, userKnownHostsFiles: ["/dev/null"] });

    assert.equal(error.code, "hostKeyUnknown");
    assert.ok(error.message.includes(String(printed.split(" ")[1])));
    assert.match(error.message, /^SSH host key not found: Add host to known_hosts\./);
    assert.match(error.message, /ssh-ed25519.*SHA256:.*Run `ssh testhost` in a terminal, compare/s);
    assert.ok(error.message.includes(`[127.0.0.1]:${sshd.port}`));
  });

  it("refuses a key that changed, with both fingerprints and the place of the old one", async () => {
    const file = `${sshd.dir}/old_known_hosts`;
    await run(requireProgram("ssh-keygen"), [
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-f",
      `${sshd.dir}/old`,
    ]);
    const [type, old] = (await readFile(`${sshd.dir}/old.pub`, "utf8")).split(" ");
    await writeFile(file, `[127.0.0.1]:${sshd.port} ${type} ${old}\n`);
    const printed = await run(requireProgram("ssh-keygen"), ["-l", "-f", file]);

    const error = await refusal({ ...host, userKnownHostsFiles: [file] });

    assert.equal(error.code, "hostKeyChanged");
    assert.match(error.message, /^SSH host key verification failed: Host key mismatch\./);
    assert.ok(error.message.includes(sshd.hostKeyFingerprint));
    assert.ok(error.message.includes(String(printed.split(" ")[1])));
    assert.ok(error.message.includes(`${file}:1`));
    assert.match(error.message, /ssh-keygen -R '\[127\.0\.0\.1\]:\d+'/);
  });

  it("names what it tried when the server lets nobody in", async () => {
    const key = `${sshd.dir}/stranger`;
    await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-f", key]);

    const error = await refusal({ ...host, identityFiles: [key] });

    assert.equal(error.code, "signInFailed");
    assert.match(error.message, /^SSH authentication failed: Invalid credentials\./);
    assert.ok(error.message.includes(key));
    assert.match(error.message, /ssh-add/);
    await rm(key);
  });

  it("is refused where nobody listens", async () => {
    const error = await refusal({ ...host, port: await freePort() });

    assert.equal(error.code, "connectionRefused");
    assert.match(error.message, /^SSH connection refused: .*check Port/s);
  });

  it("is refused where the name leads nowhere", async () => {
    const error = await refusal({ ...host, hostName: "no-such-host.invalid" });

    assert.equal(error.code, "hostNameNotResolved");
    assert.match(error.message, /^SSH hostname resolution failed: .*check HostName/s);
  });

  it("is refused by a port that is none", async () => {
    const error = await refusal({ ...host, port: 70_000 });

    assert.equal(error.code, "connectionRefused");
    assert.match(
      error.message,
      /^SSH unable to connect: Check host and port\. .*Port in the ssh config/,
    );
  });
});

describe("a server that allows one session per connection", () => {
  async function withServer(options: SshdOptions, use: (sshd: Sshd) => Promise<void>) {
    const sshd = await startSshd({ environment: { HOME: "/nonexistent" }, ...options });
    try {
      await use(sshd);
    } finally {
      await sshd.close();
    }
  }

  it("is asked again for a channel it refused, and gives it once there is room", async () => {
    await withServer({ config: ["MaxSessions 1"] }, async (sshd) => {
      const connection = await SshConnection.open(await configOf(sshd), createConnectParts());
      let release = (): void => undefined;
      await connection.openShell((channel) => {
        channel.resume().stderr.resume();
        release = () => channel.end();
      });

      const second = shell(connection, "echo second");
      release();

      assert.equal(await second, "second\n");
      connection.end();
    });
  });

  it("is given up after a few refusals, with what to do", async () => {
    await withServer({ config: ["MaxSessions 1"] }, async (sshd) => {
      const connection = await SshConnection.open(await configOf(sshd), createConnectParts());
      await connection.openShell((channel) => channel.resume().stderr.resume());

      const error = await shell(connection, "echo second").catch((refused: unknown) => refused);

      assert.ok(error instanceof TaskError);
      assert.equal(error.code, "channelRefused");
      assert.match(error.message, /MaxSessions.*try again/s);
      assert.equal(connection.isOpen, true);
      connection.end();
    });
  });
});
