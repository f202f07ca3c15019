import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { requireProgram, run } from "../../support/childProcesses";
import { createPerson } from "../../support/person";
import { SystemSsh, output } from "../../support/systemSsh";

describe("a host's key, checked by the system's ssh", { timeout: 60_000 }, () => {
  const ssh = new SystemSsh();
  after(() => ssh.close());

  /** A host whose key is not known. */
  async function stranger(lines: readonly string[] = []) {
    const { sshd, host } = await ssh.serve({}, ({ dir }) => [
      `UserKnownHostsFile "${dir}/with space"`,
      "StrictHostKeyChecking ask",
      ...lines,
    ]);
    return { sshd, host, file: join(sshd.dir, "with space") };
  }

  for (const hashed of [false, true]) {
    it(`is added to known_hosts when the person trusts it${hashed ? ", by its hash" : ""}`, async () => {
      const { sshd, host, file } = await stranger([`HashKnownHosts ${hashed ? "yes" : "no"}`]);
      const person = createPerson(() => undefined, "always");

      await ssh.connect(host, ssh.parts(person));
      await ssh.connect(host, ssh.parts(person));

      assert.deepEqual(
        person.keys.map(({ name, type, fingerprint }) => [name, type, fingerprint]),
        [[`[127.0.0.1]:${sshd.port}`, "ED25519", sshd.hostKeyFingerprint]],
      );
      const text = await readFile(file, "utf8");
      assert.equal(text.startsWith("|1|"), hashed);
      const name = `[127.0.0.1]:${sshd.port}`;
      await run(requireProgram("ssh-keygen"), ["-F", name, "-f", file]);
    });
  }

  it("is trusted once, and written nowhere", async () => {
    const { host, file } = await stranger();
    const person = createPerson(() => undefined, "once");

    assert.equal(await output(await ssh.connect(host, ssh.parts(person))), "works\n");

    await assert.rejects(readFile(file), { code: "ENOENT" });
  });

  it("is refused where the person does not trust it, or nobody can be asked", async () => {
    const { host, sshd } = await stranger();

    for (const person of [createPerson(() => undefined), undefined]) {
      await assert.rejects(ssh.connect(host, ssh.parts(person)), (error: Error) => {
        assert.match(error.message, /^SSH host key not found: /);
        if (person) assert.ok(error.message.includes(sshd.hostKeyFingerprint));
        return true;
      });
    }
  });

  for (const setting of ["no", "accept-new", "off"]) {
    it(`is asked about where the config has StrictHostKeyChecking ${setting}`, async () => {
      const { sshd } = await ssh.serve();
      const host = await ssh.configure(sshd, [
        `StrictHostKeyChecking ${setting}`,
        `UserKnownHostsFile "${sshd.dir}/none"`,
      ]);

      await assert.rejects(ssh.connect(host), { code: "hostKeyUnknown" });
    });
  }

  it("is refused without a question where the config is strict", async () => {
    const { sshd } = await ssh.serve();
    const host = await ssh.configure(sshd, [
      `UserKnownHostsFile "${sshd.dir}/none"`,
      "StrictHostKeyChecking yes",
    ]);
    const person = createPerson(() => undefined, "always");

    await assert.rejects(ssh.connect(host, ssh.parts(person)), { code: "hostKeyUnknown" });
    assert.deepEqual(person.keys, []);
  });

  it("is refused where it has changed, with both fingerprints and the line", async () => {
    const { sshd, host, file } = await stranger();
    const { sshd: other } = await ssh.serve();
    const line = (await readFile(other.knownHostsFile, "utf8")).replace(
      String(other.port),
      String(sshd.port),
    );
    await writeFile(file, `# one\n${line}`);
    const person = createPerson(() => undefined, "always");

    await assert.rejects(ssh.connect(host, ssh.parts(person)), {
      code: "hostKeyChanged",
      message: new RegExp(
        `offers ED25519 ${escape(sshd.hostKeyFingerprint)}, but ${file}:2 has ${escape(other.hostKeyFingerprint)}`,
      ),
    });
    assert.deepEqual(person.keys, []);
  });

  it("is refused where it is revoked", async () => {
    const { sshd, host, file } = await stranger();
    await writeFile(file, `@revoked ${await readFile(sshd.knownHostsFile, "utf8")}`);

    await assert.rejects(ssh.connect(host, ssh.parts(createPerson(() => undefined, "always"))), {
      code: "hostKeyRevoked",
    });
  });
});

function escape(text: string): string {
  return text.replace(/[+/]/g, "\\$&");
}
