import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Secrets } from "../../src/ssh/secrets";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { SshConnection } from "../../src/ssh/sshConnection";
import { defaultLimits } from "../../src/tasks/limits";
import { requireProgram, run } from "../support/childProcesses";
import { createConnectParts } from "../support/createTasks";
import { createPerson, type Person } from "../support/person";
import { isRoot } from "../support/sshHarness";
import { startSshd, type Sshd, type SshdOptions } from "../support/sshd";
import { ensurePasswordUser, testPassword } from "../support/testUser";

const passphrase = "canary-of-a-passphrase";
const log: string[] = [];

describe("a sign-in that asks the person", { timeout: 60_000 }, () => {
  let folder: string;
  const servers: Sshd[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "prompts-"));
  });
  after(async () => {
    for (const server of servers) await server.close();
    await rm(folder, { recursive: true, force: true });
    assert.ok(!log.join("\n").includes("canary"), "no secret is logged");
  });

  async function serve(options: SshdOptions = {}): Promise<{ sshd: Sshd; host: SshHostConfig }> {
    const sshd = await startSshd({ environment: { HOME: "/nonexistent" }, ...options });
    servers.push(sshd);
    const config = await SshConfigFile.read(sshd.sshConfigFile);
    return { sshd, host: config.resolve(sshd.alias) };
  }

  /** A key with a passphrase, which the server lets in if there is one. */
  async function lockedKey(name: string, type = "ed25519", sshd?: Sshd): Promise<string> {
    const file = join(folder, name);
    const options = ["-q", "-t", type, "-N", passphrase, "-f", file];
    await run(requireProgram("ssh-keygen"), options);
    if (sshd) await appendFile(join(sshd.dir, "authorized_keys"), await readFile(`${file}.pub`));
    await rm(`${file}.pub`);
    return file;
  }

  async function connect(
    host: SshHostConfig,
    secrets: Secrets | Person,
    signInSeconds = defaultLimits.signInSeconds,
  ): Promise<void> {
    const connection = await SshConnection.open(host, {
      ...createConnectParts(log),
      limits: { ...defaultLimits, signInSeconds },
      secrets: secrets instanceof Secrets ? secrets : new Secrets(secrets.prompt),
    });
    connection.end();
  }

  for (const type of ["ed25519", "rsa", "ecdsa"]) {
    it(`unlocks an ${type} key once the server wants it, after a wrong passphrase too, and then no more`, async () => {
      const { sshd, host } = await serve();
      const key = await lockedKey(`locked-${type}`, type, sshd);
      const person = createPerson(({ isRetry }) => (isRetry ? passphrase : "wrong"));
      const secrets = new Secrets(person.prompt);

      await connect({ ...host, identityFiles: [key] }, secrets);
      await connect({ ...host, identityFiles: [key] }, secrets);

      assert.deepEqual(
        person.asked.map(({ purpose, prompt, isRetry, echo }) => [purpose, prompt, isRetry, echo]),
        [false, true].map((again) => ["passphrase", `Passphrase for ${key}`, again, false]),
      );
    });
  }

  it("asks for no passphrase of a key that the server does not want", async () => {
    const { sshd, host } = await serve();
    const stranger = await lockedKey("stranger");
    const person = createPerson(() => passphrase);

    await connect({ ...host, identityFiles: [stranger, sshd.identityFile] }, person);

    assert.deepEqual(person.asked, []);
  });

  it("asks once for what several connections want at a time", async () => {
    const { sshd, host } = await serve();
    const key = await lockedKey("shared", "ed25519", sshd);
    const person = createPerson(() => passphrase);
    const secrets = new Secrets(person.prompt);

    await Promise.all([1, 2, 3].map(() => connect({ ...host, identityFiles: [key] }, secrets)));

    assert.equal(person.asked.length, 1);
  });

  it("ends when a question is closed, and says so", async () => {
    const { sshd, host } = await serve();
    const key = await lockedKey("closed", "ed25519", sshd);
    const person = createPerson(() => undefined);

    await assert.rejects(connect({ ...host, identityFiles: [key] }, person), {
      code: "signInGivenUp",
      message: /A question of the sign-in to .* was closed without an answer/,
    });
    assert.equal(person.asked.length, 1);
  });

  it("says of a key that it needs a passphrase where nobody can be asked", async () => {
    const { sshd, host } = await serve();
    const key = await lockedKey("unattended", "ed25519", sshd);

    await assert.rejects(connect({ ...host, identityFiles: [key] }, new Secrets(undefined)), {
      code: "signInFailed",
      message: /unattended \(it needs a passphrase\)/,
    });
  });

  it("counts the time for an answer against no limit", async () => {
    const { sshd, host } = await serve();
    const key = await lockedKey("slow", "ed25519", sshd);
    const person = createPerson(async () => {
      await delay(1500);
      return passphrase;
    });

    await connect({ ...host, identityFiles: [key] }, person, 1);
  });

  describe("with a password", { skip: !isRoot }, () => {
    const password = ({ purpose, isRetry }: { purpose: string; isRetry: boolean }) =>
      purpose === "password" ? (isRetry ? testPassword : "wrong") : undefined;
    const byPassword = async (...config: string[]) =>
      serve({ user: await ensurePasswordUser(), config });

    it("is let in, after a wrong one too", async () => {
      const { host } = await byPassword("PasswordAuthentication yes");
      const person = createPerson(password);

      await connect({ ...host, identityFiles: [] }, person);

      assert.deepEqual(
        person.asked.map(({ isRetry }) => isRetry),
        [false, true],
      );
    });

    it("is let in by the dialog of PAM", async () => {
      const { host } = await byPassword("UsePAM yes", "KbdInteractiveAuthentication yes");
      const person = createPerson(password);

      await connect({ ...host, identityFiles: [] }, person);

      assert.equal(person.asked[0]?.purpose, "password");
    });

    for (const second of ["password", "keyboard-interactive"]) {
      it(`is let in by a key and then by ${second}`, async () => {
        const { sshd, host } = await byPassword(
          "PasswordAuthentication yes",
          "UsePAM yes",
          "KbdInteractiveAuthentication yes",
          `AuthenticationMethods publickey,${second}`,
        );
        const key = await lockedKey(`first-of-${second}`, "ed25519", sshd);
        const person = createPerson(({ purpose }) =>
          purpose === "passphrase" ? passphrase : testPassword,
        );

        await connect({ ...host, identityFiles: [key] }, person);

        assert.deepEqual(
          person.asked.map(({ purpose }) => purpose),
          ["passphrase", "password"],
        );
      });
    }
  });
});
