import assert from "node:assert/strict";
import { appendFile, copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { failOn } from "../support/failedHost";
import { makeKey, serve, type ServedHost } from "../support/failingHosts";

/** A server that refuses the first key and takes the second. */
async function serveSecond(t: TestContext): Promise<ServedHost> {
  const host = await serve(t, {}, ({ dir }) =>
    ["first", "second"].map((name) => `IdentityFile ${join(dir, name)}`),
  );
  await makeKey(host.sshd, "first");
  const second = await makeKey(host.sshd, "second");
  await copyFile(`${second}.pub`, host.sshd.authorizedKeysFile);
  return host;
}

/** What the log has of each step; both say it in their own words. */
const steps: readonly (readonly [step: string, ssh2: RegExp, ssh: RegExp])[] = [
  ["the greeting", /greets with SSH-2\.0-OpenSSH/, /remote software version OpenSSH/],
  ["the algorithms", /agreed on curve25519\S+, ssh-ed25519, /, /kex: algorithm: \S+25519/],
  ["the host's key", /its key ssh-ed25519 SHA256:\S+ is in /, /Server host key: ssh-ed25519 SHA/],
  ["where it is known", /is in \S+known_hosts:1$/m, /Found key in \S+known_hosts:1$/m],
  ["the methods", /it takes publickey$/m, /Authentications that can continue: publickey$/m],
  ["a key that is offered", /it is offered \S+\/first$/m, /Offering public key: \S+\/first /],
  ["a key that is refused", /it refused \S+\/first$/m, /Offering public key: \S+\/second /],
  ["a key that is taken", /it took \S+\/second$/m, /Server accepts key: \S+\/second /],
];

describe("the log of a sign-in, at its level debug", { timeout: 30_000 }, () => {
  for (const transport of ["ssh2", "ssh"] as const) {
    it(`shows each step, by ${transport}`, async (t) => {
      const { log, answer } = await failOn(t, await serveSecond(t), transport);

      assert.equal(answer["status"], "completed");
      const notes = log.filter((line) => line.startsWith("debug: build01: ")).join("\n");
      for (const [step, ssh2, ssh] of steps)
        assert.match(notes, transport === "ssh2" ? ssh2 : ssh, step);
      assert.deepEqual(
        log.filter((line) => /^(?:warn|error): /.test(line)),
        [],
      );
    });

    it(`shows what only a locked key would have told, by ${transport}`, async (t) => {
      const host = await serveSecond(t);
      await appendFile(
        host.sshd.authorizedKeysFile,
        await readFile(`${await makeKey(host.sshd, "third", "canary")}.pub`),
      );
      const config = [`IdentityFile ${join(host.sshd.dir, "third")}`, ...host.config];

      const { log } = await failOn(t, { ...host, config }, transport);

      const why = {
        ssh2: /third is not tried: it needs a passphrase/,
        ssh: /accepts key: \S+third/,
      };
      assert.match(log.join("\n"), why[transport]);
      assert.doesNotMatch(log.join("\n"), /canary/);
    });
  }
});
