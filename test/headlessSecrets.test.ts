import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { requireProgram, run } from "./support/childProcesses";
import { startHeadless } from "./support/headless";
import { repositoryRoot } from "./support/repo";
import { startSshd, type Sshd } from "./support/sshd";

const passphrase = "canary-of-a-given-passphrase";

describe("the headless server, with a key that has a passphrase", { timeout: 60_000 }, () => {
  let folder: string;
  let key: string;
  let sshd: Sshd;
  let host: Pick<Sshd, "sshConfigFile" | "knownHostsFile">;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "secrets-"));
    key = join(folder, "id_ed25519");
    await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", passphrase, "-f", key]);
    sshd = await startSshd({ aliases: ["build01"] });
    await appendFile(join(sshd.dir, "authorized_keys"), await readFile(`${key}.pub`));
    const config = (await readFile(sshd.sshConfigFile, "utf8")).replace(
      /IdentityFile .*/,
      `IdentityFile "${key}"`,
    );
    await writeFile(join(folder, "config"), config);
    host = { sshConfigFile: join(folder, "config"), knownHostsFile: sshd.knownHostsFile };
  });
  after(async () => {
    await sshd.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function runWith(t: TestContext, flags: readonly string[]) {
    const server = await startHeadless(host, ["--allow-all", ...flags]);
    t.after(() => server.close());
    const client = await server.connect();
    const call = { name: "ssh_run", arguments: { alias: "build01", command: "env; echo here" } };
    const { structuredContent } = await client.callTool(call);
    assert.ok(!server.log().includes("canary"), "no secret is logged");
    return JSON.stringify(structuredContent);
  }

  it("runs with the passphrase from a variable, which nothing else sees", async (t) => {
    process.env["TEST_PASSPHRASE"] = passphrase;
    t.after(() => delete process.env["TEST_PASSPHRASE"]);

    const answer = await runWith(t, ["--secret-env", `passphrase:${key}=TEST_PASSPHRASE`]);

    assert.match(answer, /here/);
    assert.ok(!answer.includes("canary"));
  });

  for (const [title, flags] of [
    ["without it", []],
    ["with a wrong one", ["--secret-env", "passphrase:KEY=HOME"]],
  ] as const) {
    it(`says what is missing ${title}, and asks nobody`, async (t) => {
      const answer = await runWith(
        t,
        flags.map((flag) => flag.replace("KEY", key)),
      );

      assert.match(answer, /SSH authentication failed: Invalid credentials.*passphrase/);
    });
  }

  it("reads them from a descriptor", () => {
    const script = join(repositoryRoot(), "dist/headless.js");
    const flags = ["--stdio", "--secrets-fd", "3", "--ssh-config", host.sshConfigFile];
    const start = (text: string) =>
      spawnSync(
        "/bin/sh",
        ["-c", `exec "$@" 3<<E\n${text}\nE`, "sh", process.execPath, script, ...flags],
        {
          input: "",
          encoding: "utf8",
        },
      );

    assert.equal(start(JSON.stringify({ [`passphrase:${key}`]: passphrase })).status, 0);
    const wrong = start(`["canary"]`);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /--secrets-fd takes/);
    assert.ok(!wrong.stderr.includes("canary"));
  });

  it("takes no variable that is not set", async () => {
    await assert.rejects(
      startHeadless(host, ["--secret-env", "password:build01=NOT_SET_ANYWHERE"]),
      /--secret-env takes/,
    );
  });
});
