import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { requireProgram, run } from "../../support/childProcesses";
import { createPerson } from "../../support/person";
import { isRoot } from "../../support/sshHarness";
import type { Sshd } from "../../support/sshd";
import { SystemSsh, output } from "../../support/systemSsh";
import { ensurePasswordUser, testPassword } from "../../support/testUser";

const passphrase = "canary-of-a-passphrase";

describe("a sign-in by the system's ssh", { timeout: 60_000 }, () => {
  const ssh = new SystemSsh();
  after(async () => {
    await ssh.close();
    assert.ok(!ssh.log.join("\n").includes("canary"), "no secret is logged");
  });

  /** A key with a passphrase that the server lets in. */
  async function lockedKey(sshd: Sshd): Promise<string> {
    const file = join(sshd.dir, "locked");
    await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", passphrase, "-f", file]);
    await writeFile(join(sshd.dir, "authorized_keys"), await readFile(`${file}.pub`));
    return file;
  }
  const locked = (sshd: Sshd): string[] => [`IdentityFile ${join(sshd.dir, "locked")}`];

  it("knows the address that it went to, and runs a shell", async () => {
    const { host } = await ssh.serve();

    const connection = await ssh.connect(host);

    assert.equal(connection.hostAddress, "127.0.0.1");
    assert.deepEqual(connection.addresses, ["127.0.0.1"]);
    assert.equal(await output(connection), "works\n");
  });

  it("asks for a passphrase, and again when it was wrong", async () => {
    const { sshd, host } = await ssh.serve({}, locked);
    const key = await lockedKey(sshd);
    const person = createPerson(({ isRetry }) => (isRetry ? passphrase : "canary-wrong"));

    await ssh.connect(host, ssh.parts(person));

    assert.deepEqual(
      person.asked.map(({ purpose, prompt, name, isRetry }) => [purpose, prompt, name, isRetry]),
      [false, true].map((again) => [
        "passphrase",
        `Passphrase for ${key}`,
        `passphrase:${key}`,
        again,
      ]),
    );
  });

  it("ends at once when a question is closed", async () => {
    const { sshd, host } = await ssh.serve({}, locked);
    await lockedKey(sshd);
    const person = createPerson(() => undefined);

    await assert.rejects(ssh.connect(host, ssh.parts(person)), { code: "signInGivenUp" });
    assert.equal(person.asked.length, 1);
  });

  it("asks nobody where nobody can be asked, and says what the server takes", async () => {
    const { sshd, host } = await ssh.serve({}, locked);
    await lockedKey(sshd);

    await assert.rejects(ssh.connect(host), {
      code: "signInFailed",
      message:
        /^SSH authentication failed: Invalid credentials\. .*locked \(it needs a passphrase\); it takes publickey\./,
    });
  });

  it("does not count the time in which the person is asked", async () => {
    const { sshd, host } = await ssh.serve({}, locked);
    await lockedKey(sshd);
    const person = createPerson(
      () => new Promise((resolve) => setTimeout(() => resolve(passphrase), 2500)),
    );

    await ssh.connect(host, ssh.parts(person, { connectSeconds: 1, signInSeconds: 1 }));
  });

  it("is given up when the server hangs, and leaves no ssh behind", async () => {
    const { host } = await ssh.serve({}, () => [`ProxyCommand sleep 77.25`]);

    await assert.rejects(
      ssh.connect(host, ssh.parts(undefined, { connectSeconds: 1, signInSeconds: 1 })),
      {
        code: "hostSilent",
      },
    );
  });

  for (const [name, method] of [
    ["a password", "password"],
    ["the server's dialog", "keyboard-interactive"],
  ] as const) {
    it(
      `gives ${name}, and again when it was wrong`,
      { skip: !isRoot && "as root alone" },
      async () => {
        const user = await ensurePasswordUser();
        const config = [
          "UsePAM yes",
          "PasswordAuthentication yes",
          "KbdInteractiveAuthentication yes",
          `AuthenticationMethods ${method}`,
        ];
        const { host } = await ssh.serve({ config, user }, [`PreferredAuthentications ${method}`]);
        const person = createPerson(({ isRetry }) => (isRetry ? testPassword : "canary-wrong"));

        const connection = await ssh.connect(host, ssh.parts(person));

        assert.equal(await output(connection, "id -un"), `${user}\n`);
        assert.deepEqual(
          person.asked.map(({ purpose, isRetry, echo, name }) => [purpose, isRetry, echo, name]),
          [false, true].map((again) => [
            "password",
            again,
            false,
            `password:${user}@127.0.0.1:${host.port}`,
          ]),
        );
      },
    );
  }

  it("shows no secret in the processes it starts", async () => {
    const { sshd, host } = await ssh.serve({}, locked);
    await lockedKey(sshd);
    await ssh.connect(host, ssh.parts(createPerson(() => passphrase)));

    const processes = await run("ps", ["axeww"]);

    assert.match(processes, /ssh-tasks-\w+\/askpass/);
    assert.ok(!processes.includes(passphrase));
  });
});
