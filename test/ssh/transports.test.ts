import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { HostConnection } from "../../src/ssh/hostConnection";
import { SshConnection } from "../../src/ssh/sshConnection";
import { SystemConnection } from "../../src/ssh/system/systemConnection";
import { hasMoreToOffer, whySystem } from "../../src/ssh/whySystem";
import { requireProgram, run } from "../support/childProcesses";
import { eventually } from "../support/eventually";
import { createPerson } from "../support/person";
import type { Sshd } from "../support/sshd";
import { SystemSsh, output } from "../support/systemSsh";

const keygen = (...args: string[]): Promise<string> =>
  run(requireProgram("ssh-keygen"), ["-q", ...args]);

/** A program of this machine's that connects to a host and a port; not every machine has netcat. */
const tcp = `bash -c "exec 3<>/dev/tcp/\\$0/\\$1; cat <&3 & exec cat >&3"`;

describe("the transport of a connection", { timeout: 60_000 }, () => {
  const ssh = new SystemSsh();
  after(() => ssh.close());

  async function assertBySystem(connection: HostConnection): Promise<void> {
    assert.ok(connection instanceof SystemConnection);
    assert.equal(await output(connection), "works\n");
  }

  /** Signs the key of the server's user, and lets in whoever has a signature alone. */
  async function certify(sshd: Sshd, { beside }: { readonly beside: boolean }): Promise<string> {
    const ca = join(sshd.dir, "user_ca");
    await keygen("-t", "ed25519", "-N", "", "-f", ca);
    const own = join(sshd.dir, "certified");
    await copyFile(sshd.identityFile, own);
    await copyFile(`${sshd.identityFile}.pub`, `${own}.pub`);
    await keygen("-s", ca, "-I", "test", "-n", sshd.user, `${own}.pub`);
    const authority = (await readFile(`${ca}.pub`, "utf8")).trim();
    await writeFile(join(sshd.dir, "authorized_keys"), `cert-authority ${authority}\n`);
    if (beside) return own;
    await copyFile(`${own}-cert.pub`, join(sshd.dir, "elsewhere-cert.pub"));
    return sshd.identityFile;
  }

  it("is ssh2 for a key that the server takes", async () => {
    const { host } = await ssh.serve();

    const connection = await ssh.open(host);

    assert.ok(connection instanceof SshConnection);
    assert.equal(await output(connection), "works\n");
  });

  it("is the system's ssh where that is set", async () => {
    const { host } = await ssh.serve();

    await assertBySystem(await ssh.open(host, ssh.parts(), "ssh"));
  });

  it("is the system's ssh for a certificate beside the key", async () => {
    const { sshd } = await ssh.serve();
    const own = await certify(sshd, { beside: true });
    const host = await ssh.configure(sshd, [`IdentityFile ${own}`]);

    await assertBySystem(await ssh.open(host));
  });

  it("is the system's ssh for a certificate that the config names", async () => {
    const { sshd } = await ssh.serve();
    await certify(sshd, { beside: false });
    const file = join(sshd.dir, "elsewhere-cert.pub");
    const host = await ssh.configure(sshd, [`CertificateFile ${file}`]);

    await assertBySystem(await ssh.open({ ...host, certificateFiles: [file] }));
  });

  it("is the system's ssh for a certificate in the agent, once ssh2 was refused, and then at once", async () => {
    const { sshd } = await ssh.serve();
    const own = await certify(sshd, { beside: true });
    const socket = join(sshd.dir, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    after(() => agent.kill());
    const host = await ssh.configure(sshd, [
      `IdentityAgent ${socket}`,
      "IdentitiesOnly no",
      "IdentityFile none",
    ]);
    const add = (): Promise<string> =>
      run("ssh-add", ["-q", own], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    await eventually("the agent has it", () =>
      add().then(
        () => true,
        () => false,
      ),
    );
    const parts = { ...ssh.parts(), agentSocket: socket };

    await assertBySystem(await ssh.open({ ...host, identityFiles: [] }, parts));
    assert.match(ssh.log.join("\n"), /ssh2 has failed, the system's ssh is tried/);
  });

  it("is ssh2 alone where that is set, and says what it can't do", async () => {
    const { sshd } = await ssh.serve();
    const own = await certify(sshd, { beside: true });
    const host = await ssh.configure(sshd, [`IdentityFile ${own}`]);

    await assert.rejects(ssh.open(host, ssh.parts(), "ssh2"), { code: "signInFailed" });
    const proxied = await ssh.configure(sshd, ["ProxyCommand nc %h %p"]);
    await assert.rejects(ssh.open(proxied, ssh.parts(), "ssh2"), {
      code: "handshakeFailed",
      message: /ProxyCommand/,
    });
  });

  it("is the system's ssh for a server that only knows how to stand a quantum computer", async () => {
    const { host } = await ssh.serve({
      config: ["KexAlgorithms sntrup761x25519-sha512@openssh.com"],
    });

    await assertBySystem(await ssh.open(host));
    await assert.rejects(ssh.open(host, ssh.parts(), "ssh2"), { code: "noCommonAlgorithm" });
  });

  it("is the system's ssh where an authority vouches for the host's key", async () => {
    const { sshd } = await ssh.serve();
    const ca = join(sshd.dir, "host_ca");
    await keygen("-t", "ed25519", "-N", "", "-f", ca);
    const [key = ""] = sshd.hostKeyFiles;
    await keygen("-s", ca, "-I", "host", "-h", "-n", "127.0.0.1", `${key}.pub`);
    const other = await ssh.serve({
      config: [`HostKey ${key}`, `HostCertificate ${key}-cert.pub`],
    });
    const known = join(sshd.dir, "authorities");
    await writeFile(known, `@cert-authority * ${await readFile(`${ca}.pub`, "utf8")}`);
    const host = await ssh.configure(other.sshd, [`UserKnownHostsFile ${known}`]);

    await assertBySystem(await ssh.open(host));
  });

  it("is the system's ssh for a ProxyCommand, whose questions reach the person", async () => {
    const { sshd } = await ssh.serve();
    const host = await ssh.configure(sshd, [
      `ProxyCommand sh -c 'test "$("$SSH_ASKPASS" "Which code? ")" = 7 && exec ${tcp} %h %p'`,
    ]);
    const person = createPerson(() => "7");

    const connection = await ssh.open(host, ssh.parts(person));

    await assertBySystem(connection);
    assert.deepEqual(
      person.asked.map(({ purpose, prompt }) => [purpose, prompt]),
      [["code", "Which code?"]],
    );
    assert.deepEqual(connection.addresses, [""]);
  });

  /** An inner host that lies behind two others, of which the first takes a new key exchange alone. */
  async function behindJumps(jumps: string, hostName = "127.0.0.1") {
    const config = ["KexAlgorithms sntrup761x25519-sha512@openssh.com"];
    const first = await ssh.serve({ config, aliases: ["first"] });
    const second = await ssh.serve({ aliases: ["second"] });
    const { sshd } = await ssh.serve();
    const lines = [
      `HostName ${hostName}`,
      `HostKeyAlias [127.0.0.1]:${sshd.port}`,
      `ProxyJump ${jumps}`,
    ];
    const host = await ssh.configure(sshd, lines, [first.sshd, second.sshd]);
    return { host, first, dir: sshd.dir };
  }

  for (const hostName of ["127.0.0.1", "localhost"]) {
    it(`is the system's ssh on the whole way, to ${hostName} through two others`, async () => {
      const { host, dir } = await behindJumps("first,second", hostName);

      const connection = await ssh.open(host, ssh.parts(), "ssh");

      await assertBySystem(connection);
      const last = hostName === "localhost" ? "" : hostName;
      assert.deepEqual(connection.addresses, ["127.0.0.1", "127.0.0.1", last]);
      const masters = async (): Promise<number> => {
        const lines = (await run("ps", ["ax", "-o", "args="])).split("\n");
        return lines.filter((line) => line.startsWith("ssh -N") && line.includes(dir)).length;
      };
      assert.equal(await masters(), 3);
      connection.end();
      await eventually("all three have ended", async () => (await masters()) === 0);
    });
  }

  it("is the system's ssh where ssh2 can't get through the first host", async () => {
    const { host } = await behindJumps("first");

    await assertBySystem(await ssh.open(host));
  });

  it("is the system's ssh where only that gets to a host that leads to the jump host", async () => {
    const proxied = await ssh.serve({ aliases: ["proxied"] });
    const outer = await ssh.configure(proxied.sshd, [`ProxyCommand ${tcp} %h %p`]);
    const jump = await ssh.serve({ aliases: ["jump"] });
    const { host } = await ssh.serve();

    const why = await whySystem({ ...host, jumps: [{ ...jump.host, jumps: [outer] }] });

    assert.equal(why, "ProxyCommand");
  });

  it("is tried too where a jump host may take what only ssh has", async () => {
    const { host } = await ssh.serve();
    const jump = { ...host, alias: "jump", gssapiAuthentication: true };

    assert.equal(await hasMoreToOffer({ ...host, jumps: [jump] }, undefined), true);
    assert.equal(await hasMoreToOffer(host, undefined), false);
  });

  it("asks for the key of a jump host, and goes no further without", async () => {
    const { host, first } = await behindJumps("first,second");
    await writeFile(first.sshd.knownHostsFile, "");
    const person = createPerson(() => undefined);
    const askingFirst = await readFile(first.sshd.sshConfigFile, "utf8");
    await writeFile(first.sshd.sshConfigFile, askingFirst.replace("Checking yes", "Checking ask"));
    const [jump, ...others] = host.jumps ?? [];
    assert.ok(jump);
    const jumps = [{ ...jump, strictHostKeyChecking: "ask" as const }, ...others];

    await assert.rejects(ssh.open({ ...host, jumps }, ssh.parts(person), "ssh"), {
      code: "hostKeyUnknown",
    });
    assert.deepEqual(
      person.keys.map(({ alias, name }) => [alias, name]),
      [["first", `[127.0.0.1]:${first.sshd.port}`]],
    );
  });

  it("is what the person has opened and shares", async () => {
    const { sshd } = await ssh.serve();
    const socket = join(sshd.dir, "shared");
    const host = await ssh.configure(sshd, [`ControlPath ${socket}`]);
    const master = spawn("ssh", ["-F", host.configFile ?? "", "-M", "-N", sshd.alias], {
      stdio: "ignore",
    });
    after(() => master.kill());
    const config = { ...host, controlPath: socket };
    await eventually(
      "it is shared",
      async () => (await ssh.open(config)) instanceof SystemConnection,
    );
    // Nobody else gets in any more.
    await writeFile(join(sshd.dir, "authorized_keys"), "");

    const connection = await ssh.open(config);
    await assertBySystem(connection);
    assert.equal(connection.hostAddress, "");

    const gone = new Promise<string>((resolve) =>
      connection.onDidClose(({ code }) => resolve(code)),
    );
    const running = output(connection, "sleep 60");
    await eventually("it runs", () => output(connection).then((text) => text === "works\n"));
    master.kill();
    assert.equal(await gone, "connectionLost");
    assert.equal(await running, "");
  });
});
