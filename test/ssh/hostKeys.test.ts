import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { HostKeyCheck } from "../../src/ssh/hostKeys";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { requireProgram, run } from "../support/childProcesses";
import { createLogger } from "../support/createTasks";

describe("the check of a host's key", () => {
  let folder: string;
  const keys = new Map<string, { text: string; blob: Buffer }>();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "host-keys-"));
    for (const name of ["ed25519", "ed25519 ", "rsa", "ecdsa"]) {
      const file = join(folder, `key-${name}`);
      await run(requireProgram("ssh-keygen"), ["-q", "-t", name.trim(), "-N", "", "-f", file]);
      const [type, base64] = (await readFile(`${file}.pub`, "utf8")).split(" ");
      keys.set(name, { text: `${type} ${base64}`, blob: Buffer.from(String(base64), "base64") });
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const blobOf = (name: string): Buffer => keys.get(name)?.blob ?? Buffer.alloc(0);
  const textOf = (name: string): string => keys.get(name)?.text ?? "";

  async function createCheck(lines: readonly string[], host: Partial<SshHostConfig> = {}) {
    const file = join(folder, "known_hosts");
    await writeFile(file, lines.join("\n"));
    const log: string[] = [];
    const config: SshHostConfig = {
      alias: "build",
      hostName: "build01",
      port: 22,
      user: "dev",
      identityFiles: [],
      identitiesOnly: false,
      userKnownHostsFiles: [file],
      globalKnownHostsFiles: [],
      ...host,
    };
    return { check: await HostKeyCheck.read(config, createLogger(log)), log };
  }

  it("offers the algorithms of known keys first, and never SHA-1", async () => {
    const { check } = await createCheck([`build01 ${textOf("rsa")}`, `build01 ${textOf("ecdsa")}`]);

    assert.deepEqual(check.algorithms, [
      "ecdsa-sha2-nistp256",
      "rsa-sha2-512",
      "rsa-sha2-256",
      "ssh-ed25519",
      "ecdsa-sha2-nistp384",
      "ecdsa-sha2-nistp521",
    ]);
  });

  it("offers every algorithm for a host that is not known, so that its key can be named", async () => {
    const { check } = await createCheck([]);

    assert.equal(check.algorithms.length, 6);
  });

  it("accepts a known key, and on a rekey only the same", async () => {
    const { check } = await createCheck([
      `build01 ${textOf("ed25519")}`,
      `build01 ${textOf("ed25519 ")}`,
    ]);

    assert.equal(await check.verify(blobOf("ed25519")), true);
    assert.equal(await check.verify(blobOf("ed25519")), true);
    assert.equal(
      await check.verify(blobOf("ed25519 ")),
      false,
      "known too, but not the one that began",
    );
    assert.equal(check.refusal, undefined);
  });

  for (const [title, line, code, facts] of [
    ["an unknown key", "web01 ed25519", "hostKeyUnknown", ["`ssh build`", "ssh-ed25519"]],
    [
      "a changed key",
      "build01 ed25519 ",
      "hostKeyChanged",
      ["known_hosts:1", "ssh-keygen -R 'build01'"],
    ],
    ["a revoked key", "@revoked build01 ed25519", "hostKeyRevoked", ["@revoked", "known_hosts:1"]],
  ] as const) {
    it(`refuses ${title} with what the person has to know`, async () => {
      const words = line.split(" ");
      const name = line.endsWith(" ") ? "ed25519 " : "ed25519";
      const hosts = words.slice(0, words[0] === "@revoked" ? 2 : 1).join(" ");
      const { check } = await createCheck([`${hosts} ${textOf(name)}`]);

      assert.equal(await check.verify(blobOf("ed25519")), false);

      assert.equal(check.refusal?.code, code);
      for (const fact of facts)
        assert.ok(check.refusal.message.includes(fact), check.refusal.message);
    });
  }

  it("looks a host up by its HostKeyAlias, without a port", async () => {
    const { check } = await createCheck([`pool ${textOf("ed25519")}`], {
      hostKeyAlias: "Pool",
      port: 2222,
    });

    assert.equal(await check.verify(blobOf("ed25519")), true);
  });

  it("looks in the user's and in the system's files, and goes without those that are not there", async () => {
    const system = join(folder, "system");
    await writeFile(system, `build01 ${textOf("rsa")}\n`);
    const missing = join(folder, "missing");
    const { check, log } = await createCheck([], {
      userKnownHostsFiles: [missing],
      globalKnownHostsFiles: [system],
    });

    assert.equal(await check.verify(blobOf("rsa")), true);
    assert.ok(log.some((line) => line.startsWith(`debug: ${missing} is not used`)));
  });

  it("refuses every key when the file can't be read, and says why in the log", async () => {
    const unreadable = join(folder, "folder");
    await run("mkdir", ["-p", unreadable]);
    await chmod(unreadable, 0o700);
    const { check, log } = await createCheck([], { userKnownHostsFiles: [unreadable] });

    assert.equal(await check.verify(blobOf("rsa")), false);
    assert.equal(check.refusal?.code, "hostKeyUnknown");
    assert.match(log.join("\n"), /EISDIR/);
  });
});
