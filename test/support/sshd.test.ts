import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { run } from "./childProcesses";
import { eventually } from "./eventually";
import { greeting } from "./loopback";
import { findProcesses, killAll, uniqueMarker } from "./processes";
import { startSshd, type Sshd, type SshdOptions } from "./sshd";
import { ensureTestUser } from "./testUser";

const isRoot = process.getuid?.() === 0;

/** Runs a command on a server through the OpenSSH client. */
function ssh(sshd: Sshd, command: string, alias = sshd.alias): Promise<string> {
  return run("ssh", ["-F", sshd.sshConfigFile, alias, command]);
}

describe("startSshd", () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd({
      aliases: ["build01", "web.example.com"],
      environment: { SSH_TASKS_PROBE: "a b" },
    });
  });
  after(() => sshd.close());

  it("lets the current user in under each alias", async () => {
    for (const alias of ["build01", "web.example.com"])
      assert.equal(await ssh(sshd, "id -un", alias), `${sshd.user}\n`);
  });

  it("gives sessions the environment it was asked to", async () => {
    assert.equal(await ssh(sshd, 'echo "$SSH_TASKS_PROBE"'), "a b\n");
  });

  it("tells the fingerprint that OpenSSH computes", async () => {
    const printed = await run("ssh-keygen", ["-l", "-f", sshd.knownHostsFile]);

    assert.equal(printed.split(" ")[1], sshd.hostKeyFingerprint);
  });

  it("cuts connections without ending what runs on the host, and takes new ones", async () => {
    const marker = uniqueMarker();
    const client = spawn("ssh", ["-F", sshd.sshConfigFile, sshd.alias, `sleep ${marker}.1`], {
      stdio: "ignore",
    });
    await eventually("the command runs", () => findProcesses(marker).length === 1);

    sshd.killConnections();

    const [code] = (await once(client, "exit")) as [number];
    assert.equal(code, 255);
    assert.equal(findProcesses(marker).length, 1);
    assert.equal(await ssh(sshd, "echo again"), "again\n");
    await killAll(marker);
  });

  it("comes back with the same key after a stop", async () => {
    await sshd.stop();
    await assert.rejects(greeting(sshd.port));

    await sshd.start();

    assert.equal(await ssh(sshd, "echo back"), "back\n");
  });
});

describe("startSshd's options", () => {
  async function withSshd(options: SshdOptions, use: (sshd: Sshd) => Promise<void>): Promise<Sshd> {
    const sshd = await startSshd(options);
    try {
      await use(sshd);
    } finally {
      await sshd.close();
    }
    return sshd;
  }

  it("let further lines of sshd_config win", async () => {
    await withSshd({ config: ["ForceCommand echo forced"] }, async (sshd) => {
      assert.equal(await ssh(sshd, "echo asked"), "forced\n");
    });
  });

  it("end what sessions leave running, on request", async () => {
    const marker = uniqueMarker();

    const sshd = await withSshd({ endProcessesOnClose: true }, async (server) => {
      await ssh(server, `setsid sleep ${marker}.1 >/dev/null 2>&1 & true`);
      await eventually("it runs", () => findProcesses(marker).length === 1);
    });

    assert.deepEqual(findProcesses(marker), []);
    assert.equal(existsSync(sshd.dir), false);
  });

  it("are answered with sshd's own words when they are wrong", async () => {
    await assert.rejects(startSshd({ config: ["NoSuchOption yes"] }), /NoSuchOption/);
  });

  it("let root serve an ordinary user", { skip: !isRoot && "needs root" }, async () => {
    const { name } = await ensureTestUser();

    await withSshd({ user: name }, async (sshd) => {
      assert.equal(await ssh(sshd, "id -un; pwd"), `${name}\n/home/${name}\n`);
    });
  });
});
