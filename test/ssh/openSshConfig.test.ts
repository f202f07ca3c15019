import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parsePrinted } from "../../src/ssh/openSshConfig";
import { createCatalog } from "../support/openSshCatalog";

describe("a host as ssh -G has it", () => {
  it("has all that a connection needs", async (t) => {
    const text = `
Match originalhost web exec "test %n = web"
 HostName Web.Example.COM
 User dev
 Port 2222
 IdentityFile ~/k-%h-%n-%r-%p-%u-%%-%d-%L-%i-%k
 IdentityFile "/a b/\${HOME}"
 CertificateFile ~/c-%h
 UserKnownHostsFile ~/kh-%%h "/a b/%n" /c
 GlobalKnownHostsFile none
 ControlPath /cm-%h
 IdentityAgent none
 PKCS11Provider /lib/p11.so
 ServerAliveInterval 1m
 ServerAliveCountMax 5
 HostKeyAlias ABC
 StrictHostKeyChecking yes
 HashKnownHosts yes
 GSSAPIAuthentication yes
 IdentitiesOnly yes
 PreferredAuthentications publickey,password
Host web
`;
    const { catalog, sshConfigFile } = await createCatalog(t, text);
    const { username: me, homedir: home, uid } = userInfo();
    const local = hostname().replace(/\..*/, "");

    assert.deepEqual(await catalog.findConfig("web"), {
      alias: "web",
      hostName: "web.example.com",
      port: 2222,
      user: "dev",
      identityFiles: [
        `${home}/k-web.example.com-web-dev-2222-${me}-%-${home}-${local}-${uid}-abc`,
        `/a b/${String(process.env["HOME"])}`,
      ],
      identitiesOnly: true,
      userKnownHostsFiles: [`${home}/kh-%h`, "/a b/web", "/c"],
      globalKnownHostsFiles: [],
      strictHostKeyChecking: "yes",
      hashKnownHosts: true,
      identityAgent: "none",
      preferredAuthentications: ["publickey", "password"],
      hostKeyAlias: "abc",
      certificateFiles: [`${home}/c-web.example.com`],
      pkcs11Provider: "/lib/p11.so",
      gssapiAuthentication: true,
      controlPath: "/cm-web.example.com",
      serverAliveInterval: 60,
      serverAliveCountMax: 5,
      configFile: sshConfigFile,
    });
  });

  it("asks about an unknown key but for StrictHostKeyChecking yes", async (t) => {
    const { catalog } = await createCatalog(
      t,
      "Host a\n StrictHostKeyChecking no\nHost b\n StrictHostKeyChecking accept-new\nHost c\n StrictHostKeyChecking ask\nHost d\n",
    );

    for (const alias of ["a", "b", "c", "d"])
      assert.equal((await catalog.findConfig(alias))?.strictHostKeyChecking, "ask");
  });

  it("has each hop of its way as that is configured, as the user and at the port that the way names", async (t) => {
    const { catalog, runs, sshConfigFile } = await createCatalog(
      t,
      "Host web\n ProxyJump me@hop:2200,second,ssh://you@third:33\nHost hop\n HostName h.example\n Port 1\n User x\n ProxyJump outer\nMatch originalhost second exec true\n User seen\n ProxyJump nowhere\nHost direct\n ProxyJump none\n ProxyCommand none\n",
    );

    const { jumps = [] } = { ...(await catalog.findConfig("web")) };

    assert.deepEqual(
      jumps.map(({ alias, hostName, port, user }) => [alias, hostName, port, user]),
      [
        ["hop", "h.example", 2200, "me"],
        ["second", "second", 22, "seen"],
        ["third", "third", 33, "you"],
      ],
    );
    // So the system's ssh goes there too.
    assert.deepEqual(jumps[0]?.sshOptions, ['User="me"', "Port=2200"]);
    assert.deepEqual(
      jumps.map((jump) => jump.jumps?.map(({ alias }) => alias)),
      [["outer"], undefined, undefined],
    );
    const direct = await catalog.findConfig("direct");
    assert.deepEqual([direct?.jumps, direct?.proxyCommand], [undefined, undefined]);
    for (const line of await runs()) assert.match(line, / -- [^ ]+$/);
    assert.ok((await runs()).includes(`-G -F ${sshConfigFile} -o User="me" -o Port=2200 -- hop`));
  });

  it("is not found through jump hosts that lead in a circle, or whose name is an option", async (t) => {
    const { catalog, runs } = await createCatalog(
      t,
      "Host a\n ProxyJump b\nHost b\n ProxyJump a\nHost c\n HostName c.example\n ProxyJump c\nHost d\n ProxyJump -x,ok\n",
    );

    for (const alias of ["a", "c"])
      await assert.rejects(catalog.findConfig(alias), {
        code: "configUnreadable",
        message: /ProxyJump leads in a circle/,
      });
    await assert.rejects(catalog.findConfig("d"), { code: "configUnreadable" });
    assert.ok((await runs()).every((line) => !line.includes("-x")));
  });

  it("is our own reading where there is no ssh, or none that can say it", async (t) => {
    const text = "Match exec true\n User evil\nHost web\n User dev\n";
    const folder = await mkdtemp(join(tmpdir(), "old-"));
    t.after(() => rm(folder, { recursive: true }));
    const old = join(folder, "ssh");
    await writeFile(old, "#!/bin/sh\necho 'unknown option -- G' >&2; exit 255\n", { mode: 0o755 });

    for (const program of ["/nonexistent/ssh", folder, old]) {
      const { catalog } = await createCatalog(t, text, { program });
      assert.equal((await catalog.findHost("web"))?.user, "dev");
    }
  });

  it("is an error in one line, whatever ssh says", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "odd-"));
    t.after(() => rm(folder, { recursive: true }));
    const program = join(folder, "ssh");
    await writeFile(program, "#!/bin/sh\nprintf 'a\\033[31m\\nb' >&2; exit 3\n", { mode: 0o755 });
    const { catalog } = await createCatalog(t, "Host web\n", { program });

    await assert.rejects(catalog.findHost("web"), { message: /ssh says: a\\x1b\[31m b\. Correct/ });
    await writeFile(program, "#!/bin/sh\nexit 3\n");
    await assert.rejects(catalog.findHost("web"), { message: /says: nothing, and exits with 3\./ });
  });

  it("is the same in our own reading where nobody has named a config: one's own and the system's", async (t) => {
    const hosts = [{ alias: "nowhere-but-here", host: "web.example" }];
    const settings = { sshConfigFile: undefined, hosts };
    const theirs = await createCatalog(t, "", { settings });
    const ours = await createCatalog(t, "", { settings, program: "/nonexistent/ssh" });
    const find = async ({ catalog }: typeof ours) => {
      const found = await catalog.findConfig("nowhere-but-here");
      return { ...found, identityFiles: [] }; // OpenSSH knows more kinds of keys
    };

    assert.deepEqual(await find(ours), await find(theirs));
    assert.equal((await theirs.runs())[0], "-G -o HostName=web.example -- nowhere-but-here");
  });

  it("is an error with the words of ssh where that can't read the config", async (t) => {
    const { catalog, edit } = await createCatalog(
      t,
      `Host web\n Frobnicate \x1b[31m\n${" Bad x\n".repeat(100)}`,
    );

    await assert.rejects(catalog.findHost("web"), (error: Error & { code?: string }) => {
      assert.equal(error.code, "configUnreadable");
      assert.match(
        error.message,
        /can't be read: ssh says: \S+config: line 2: Bad configuration option: frobnicate .*\. Correct the file or the setting sshTasks\.sshConfigFile\.$/,
      );
      assert.ok(error.message.length < 600 && !/[\x00-\x1f]/.test(error.message));
      return true;
    });
    await edit("Host web\n User dev\n");
    assert.equal((await catalog.findHost("web"))?.user, "dev");
  });

  it("never asks the person", async (t) => {
    const text = 'Host web\nMatch exec "echo $SSH_ASKPASS_REQUIRE-$SSH_ASKPASS > DIR/said"\n';
    process.env["SSH_ASKPASS"] = "/bin/false";
    t.after(() => delete process.env["SSH_ASKPASS"]);
    const { catalog, folder } = await createCatalog(t, text);

    await catalog.findHost("web");

    assert.equal(await readFile(join(folder, "said"), "utf8"), "never-\n");
  });
});

describe("what ssh -G prints", () => {
  it("is taken apart line by line, whatever is in it", () => {
    const { lines } = parsePrinted(
      "user dev\r\nport 22\nodd\n\nuserknownhostsfile /a b C:\\x ~/y\n",
    );

    assert.deepEqual(
      lines.map(({ keyword, words }) => [keyword, words]),
      [
        ["user", ["dev"]],
        ["port", ["22"]],
        ["userknownhostsfile", ["/a b", "C:\\x", "~/y"]],
      ],
    );
  });
});
