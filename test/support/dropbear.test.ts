import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { run } from "./childProcesses";
import { startDropbear } from "./dropbear";
import { eventually } from "./eventually";
import { findProcesses, killAll, uniqueMarker } from "./processes";
import type { SshServer, SshServerOptions } from "./sshServer";
import { ensureTestUser } from "./testUser";

const isRoot = process.getuid?.() === 0;

/** Runs a command on a server through the OpenSSH client. */
function ssh(server: SshServer, command: string, ...options: string[]): Promise<string> {
  return run("ssh", ["-F", server.sshConfigFile, ...options, server.alias, command]);
}

describe("startDropbear", { skip: !isRoot && "needs root", timeout: 60_000 }, () => {
  let server: SshServer;
  before(async () => {
    server = await startDropbear({
      hostKeyTypes: ["ed25519", "ecdsa", "rsa"],
      environment: { SSH_TASKS_PROBE: "a b" },
    });
  });
  after(() => server.close());

  async function withDropbear(
    options: SshServerOptions,
    use: (server: SshServer) => Promise<void>,
  ): Promise<void> {
    const own = await startDropbear(options);
    try {
      await use(own);
    } finally {
      await own.close();
    }
  }

  it("lets the current user into an empty home directory of the server's own", async () => {
    const printed = await ssh(server, "id -un; pwd; ls -A; echo $SSH_TASKS_PROBE");

    assert.equal(printed, `${server.user}\n${server.home}\n.ssh\na b\n`);
    assert.ok(server.home.startsWith(server.dir));
  });

  for (const algorithm of ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256"]) {
    it(`has a key for ${algorithm} that its known_hosts lists`, async () => {
      assert.equal(await ssh(server, "echo in", "-o", `HostKeyAlgorithms=${algorithm}`), "in\n");
    });
  }

  it("cuts connections without ending what runs on the host, and takes new ones", async () => {
    const marker = uniqueMarker();
    const options = ["-F", server.sshConfigFile, server.alias];
    const client = spawn("ssh", [...options, `sleep ${marker}.1; exit`], { stdio: "ignore" });
    await eventually("the command runs", () => findProcesses(marker).length === 1);
    assert.equal(server.commands().length, 1);

    server.killConnections();

    const [code] = (await once(client, "exit")) as [number];
    assert.equal(code, 255);
    assert.equal(findProcesses(marker).length, 1);
    assert.equal(await ssh(server, "echo again"), "again\n");
    await killAll(marker);
  });

  it("comes back with the same key after a stop", async () => {
    await server.stop();
    await server.start();

    assert.equal(await ssh(server, "echo back"), "back\n");
  });

  it("serves an ordinary user", async () => {
    const { name } = await ensureTestUser();

    await withDropbear({ user: name }, async (own) => {
      assert.equal(await ssh(own, "id -un; pwd"), `${name}\n${own.home}\n`);
    });
  });

  it("ends what sessions leave running, on request", async () => {
    const marker = uniqueMarker();

    await withDropbear({ endProcessesOnClose: true }, async (own) => {
      await ssh(own, `setsid sleep ${marker}.1 >/dev/null 2>&1 & true`);
      await eventually("it runs", () => findProcesses(marker).length === 1);
    });

    assert.deepEqual(findProcesses(marker), []);
  });
});
