import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { HostKeyCheck } from "../../src/ssh/hostKeys";
import { Secrets } from "../../src/ssh/secrets";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { requireProgram, run } from "../support/childProcesses";
import { createConnectParts } from "../support/createTasks";
import { createPerson } from "../support/person";
import { startSshd, type Sshd } from "../support/sshd";

describe("the key of a host that nobody has seen before", { timeout: 60_000 }, () => {
  let folder: string;
  let sshd: Sshd;
  let host: SshHostConfig;
  let count = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "trust-"));
    sshd = await startSshd({ environment: { HOME: "/nonexistent" } });
    host = (await SshConfigFile.read(sshd.sshConfigFile)).resolve(sshd.alias);
  });
  after(async () => {
    await sshd.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The host, with a known_hosts file of the test's own. */
  async function unknown(text?: string): Promise<{ file: string; config: SshHostConfig }> {
    const file = join(folder, `ssh-${count++}`, "known_hosts");
    if (text !== undefined) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    const files = { userKnownHostsFiles: [file], globalKnownHostsFiles: [] };
    return { file, config: { ...host, ...files, strictHostKeyChecking: "ask" } };
  }

  async function connect(config: SshHostConfig, secrets: Secrets): Promise<void> {
    (await SshConnection.open(config, { ...createConnectParts(), secrets })).end();
  }

  for (const [title, text, hashed] of [
    ["in a new file", undefined, false],
    ["behind a last line without an end", "other ssh-ed25519 AAAA", false],
    ["hashed", "", true],
  ] as const) {
    it(`is added ${title} when the person trusts it, as OpenSSH would, and known from then on`, async () => {
      const { file, config } = await unknown(text);
      const person = createPerson(() => undefined, "always");

      await connect({ ...config, hashKnownHosts: hashed }, new Secrets(person.prompt));
      await connect(config, new Secrets(person.prompt));

      const [question, ...more] = person.keys;
      assert.deepEqual(more, []);
      const name = `[127.0.0.1]:${sshd.port}`;
      assert.deepEqual(
        [question?.name, question?.type, question?.file],
        [name, "ssh-ed25519", file],
      );
      const found = await run(requireProgram("ssh-keygen"), ["-l", "-F", name, "-f", file]);
      assert.ok(found.includes(String(question?.fingerprint)), found);
      const written = await readFile(file, "utf8");
      assert.equal(written.includes("127.0.0.1"), !hashed);
      assert.ok(written.startsWith(text ?? ""));
    });
  }

  it("is trusted for this session when it is trusted once, and written nowhere", async () => {
    const { file, config } = await unknown("");
    const person = createPerson(() => undefined, "once");
    const secrets = new Secrets(person.prompt);

    await connect(config, secrets);
    await connect(config, secrets);

    assert.equal(person.keys.length, 1);
    assert.equal(await readFile(file, "utf8"), "");
  });

  it("is refused when the person does not trust it", async () => {
    const { config } = await unknown("");

    await assert.rejects(connect(config, new Secrets(createPerson(() => undefined).prompt)), {
      code: "hostKeyUnknown",
    });
  });

  it("is refused without a question where the config is strict", async () => {
    const { config } = await unknown("");
    const person = createPerson(() => undefined, "always");

    const strict = { ...config, strictHostKeyChecking: "yes" as const };
    await assert.rejects(connect(strict, new Secrets(person.prompt)), { code: "hostKeyUnknown" });
    assert.deepEqual(person.keys, []);
  });

  it("is never a question when its type is none, which known_hosts would take for a line of another host", async () => {
    const { config } = await unknown("");
    const person = createPerson(() => undefined, "always");
    const type = Buffer.from("ssh-ed25519 AAAA\nother.example.com ssh-ed25519");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(type.length);
    const trust = {
      secrets: new Secrets(person.prompt),
      signal: new AbortController().signal,
      onAsking: () => undefined,
    };
    const check = await HostKeyCheck.read(config, createConnectParts().logger, trust);

    assert.equal(await check.verify(Buffer.concat([length, type])), false);

    assert.deepEqual(person.keys, []);
  });

  it("is never a question when another key is known", async () => {
    const other = join(folder, "other");
    await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-f", other]);
    const { config } = await unknown(
      `[127.0.0.1]:${sshd.port} ${await readFile(`${other}.pub`, "utf8")}`,
    );
    const person = createPerson(() => undefined, "always");

    await assert.rejects(connect(config, new Secrets(person.prompt)), { code: "hostKeyChanged" });
    assert.deepEqual(person.keys, []);
  });
});
