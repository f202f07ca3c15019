import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ConnectionTest } from "../../src/tasks/hostConnections";
import { requireProgram, run } from "../support/childProcesses";
import { createTestedHost } from "../support/testedHost";
import { eventually } from "../support/eventually";
import { createFullPort } from "../support/fullPort";
import { freePort } from "../support/loopback";

const names = ({ passed }: ConnectionTest): string[] =>
  passed.map(({ host, step }) => `${host} ${step}`);

describe("a connection test that goes well", { timeout: 30_000 }, () => {
  it("passes each step, says what it found there, and leaves no connection", async (t) => {
    const { sshd, hosts, reports, test } = await createTestedHost(t);

    const result = await test();

    assert.equal(result.failure, undefined);
    assert.equal(result.alias, "web");
    assert.deepEqual(reports, [
      "web resolve",
      "web resolve: 127.0.0.1",
      "web connect",
      `web connect: 127.0.0.1 port ${sshd.port}`,
      "web hostKey",
      `web hostKey: known, ssh-ed25519 ${sshd.hostKeyFingerprint}`,
      "web signIn",
      `web signIn: with ${sshd.identityFile}`,
      "web shell",
      "web shell: ",
    ]);
    const parts = result.passed.reduce((sum, { ms }) => sum + ms, 0);
    assert.ok(parts > 0 && parts <= result.ms, `${parts} of ${result.ms} ms`);
    await eventually("it is closed", () => hosts.status("web").state === "notConnected");
  });

  it("goes over a connection of its own, however many there are", async (t) => {
    const { hosts, test } = await createTestedHost(t);
    const states: string[] = [];
    hosts.onDidChangeStatus((alias) => states.push(`${alias} ${hosts.status(alias).state}`));

    await Promise.all([test(), test()]);

    await eventually("both are closed", () => hosts.status("web").state === "notConnected");
    assert.ok(states.includes("web connected"), states.join());
  });

  it("has the steps of each jump host first, with its name", async (t) => {
    const { sshd, test, edit } = await createTestedHost(t);
    const entry = `HostName 127.0.0.1\n Port ${sshd.port}\n IdentityFile "${sshd.identityFile}"\n UserKnownHostsFile "${sshd.knownHostsFile}"\n`;
    await edit(/$/g, `\nHost behind\n ${entry} ProxyJump inner\n`);

    const result = await test("behind");

    assert.deepEqual(names(result), [
      ...["inner resolve", "inner connect", "inner hostKey", "inner signIn"],
      ...["behind connect", "behind hostKey", "behind signIn", "behind shell"],
    ]);
    const through = result.passed.find(({ host, step }) => host === "behind" && step === "connect");
    assert.equal(through?.detail, `127.0.0.1 port ${sshd.port}, through inner`);
  });

  it("has fewer steps over a transport that can't tell them apart", async (t) => {
    const { test, edit } = await createTestedHost(t, { limits: { signInSeconds: 10 } });
    const relay = "bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3'";
    await edit("HostName 127.0.0.1", `HostName 127.0.0.1\n ProxyCommand ${relay}`);

    const { passed, failure } = await test();

    assert.equal(failure, undefined);
    assert.deepEqual(
      passed.map(({ step, detail }) => [step, detail]),
      [
        ["signIn", "by the system's ssh"],
        ["shell", ""],
      ],
    );
  });

  it("names each key of a sign-in in several steps, and none that was not taken", async (t) => {
    const { sshd, test, edit } = await createTestedHost(t, {
      config: ["AuthenticationMethods publickey,publickey"],
      limits: { signInSeconds: 10 },
    });
    const [stranger, second] = [join(sshd.dir, "stranger"), join(sshd.dir, "second")];
    for (const key of [stranger, second])
      await run(requireProgram("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    await appendFile(join(sshd.dir, "authorized_keys"), await readFile(`${second}.pub`));
    await edit(
      "IdentitiesOnly",
      `IdentityFile "${stranger}"\n IdentityFile "${second}"\n IdentitiesOnly`,
    );

    const { passed, failure } = await test();

    assert.equal(failure, undefined);
    assert.equal(passed[3]?.detail, `with ${sshd.identityFile} and ${second}`);
  });
});

describe("a connection test that fails", { timeout: 60_000 }, () => {
  it("says so of a name that can't be resolved", async (t) => {
    const { hosts, test, edit } = await createTestedHost(t, { limits: { connectSeconds: 10 } });
    await edit("127.0.0.1", "nowhere.invalid");

    const { failure, passed } = await test();

    assert.deepEqual([failure?.step, passed], [{ host: "web", step: "resolve" }, []]);
    assert.equal(failure?.code, "hostNameNotResolved");
    const status = hosts.status("web");
    assert.equal(status.state, "failed");
    assert.equal(status.failure.message, failure.message);
  });

  it("says so of a port on which nothing listens", async (t) => {
    const { sshd, test, edit } = await createTestedHost(t);
    await edit(`Port ${sshd.port}`, `Port ${await freePort()}`);

    const result = await test();

    assert.deepEqual(names(result), ["web resolve"]);
    assert.deepEqual(result.failure?.step, { host: "web", step: "connect" });
    assert.equal(result.failure.code, "connectionRefused");
  });

  it("says so of a port that takes no connection", async (t) => {
    const { sshd, test, edit } = await createTestedHost(t);
    await edit(`Port ${sshd.port}`, `Port ${await createFullPort(t)}`);

    const { failure } = await test();

    assert.deepEqual(failure?.step, { host: "web", step: "connect" });
    assert.equal(failure.code, "hostSilent");
  });

  it("says so of a host key that is not known", async (t) => {
    const { sshd, test } = await createTestedHost(t);
    await writeFile(sshd.knownHostsFile, "");

    const result = await test();

    assert.deepEqual(names(result), ["web resolve", "web connect"]);
    assert.deepEqual(result.failure?.step, { host: "web", step: "hostKey" });
    assert.equal(result.failure.code, "hostKeyUnknown");
  });

  it("says so of a key that the server does not take", async (t) => {
    const { sshd, test } = await createTestedHost(t);
    await writeFile(join(sshd.dir, "authorized_keys"), "");

    const result = await test();

    assert.deepEqual(names(result), ["web resolve", "web connect", "web hostKey"]);
    assert.deepEqual(result.failure?.step, { host: "web", step: "signIn" });
    assert.equal(result.failure.code, "signInFailed");
  });

  for (const [what, command, code] of [
    ["none", "echo transfers only; exit 1", "shellFailed"],
    ["what copies its input", "exec head -c 50", "shellFailed"],
    ["one that never answers", "exec sleep 20", "hostSilent"],
  ] as const) {
    it(`says so of a shell that is ${what}, though the host was reached`, async (t) => {
      const { hosts, test } = await createTestedHost(t, {
        config: [`ForceCommand ${command}`],
        limits: { launchSeconds: 1 },
        endProcessesOnClose: true,
      });

      const { failure } = await test();

      assert.deepEqual(failure?.step, { host: "web", step: "shell" });
      assert.equal(failure.code, code);
      await eventually("that is its status", () => hosts.status("web").state === "failed");
    });
  }

  it("is refused with ssh's own words where the config can't be read", async (t) => {
    const { sshd, test, edit } = await createTestedHost(t);
    await edit(`Port ${sshd.port}`, "Port 70000");

    await assert.rejects(test(), { code: "configUnreadable", message: /Bad port '70000'/ });
  });

  it("is refused where there is no such host", async (t) => {
    const { test } = await createTestedHost(t);

    await assert.rejects(test("nowhere"), { code: "hostNotFound" });
  });
});
