import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { requireProgram, run } from "../support/childProcesses";

let folder: string;
let count = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "config-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function writeConfig(text: string): Promise<string> {
  const path = join(folder, `config-${count++}`);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

async function resolve(text: string, alias: string): Promise<SshHostConfig> {
  return (await SshConfigFile.read(await writeConfig(text))).resolve(alias);
}

describe("a host of an ssh config", () => {
  it("is itself with OpenSSH's defaults where the config says nothing", async () => {
    const ssh = (file: string): string => join(homedir(), ".ssh", file);

    assert.deepEqual(await resolve("", "build01"), {
      alias: "build01",
      hostName: "build01",
      port: 22,
      user: userInfo().username,
      identityFiles: [ssh("id_rsa"), ssh("id_ecdsa"), ssh("id_ed25519")],
      identitiesOnly: false,
      strictHostKeyChecking: "ask",
      hashKnownHosts: false,
      userKnownHostsFiles: [ssh("known_hosts"), ssh("known_hosts2")],
      globalKnownHostsFiles: ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
    });
  });

  it("has the tokens of its paths filled in", async () => {
    const text = `Host web\n HostName web.example.com\n User dev\n IdentityFile ~/k-%h-%n-%r-%u-%%-%d-%x\n`;

    const { identityFiles } = await resolve(text, "web");

    const [home, me] = [homedir(), userInfo().username];
    assert.deepEqual(identityFiles, [`${home}/k-web.example.com-web-dev-${me}-%-${home}-%x`]);
  });

  it("has no key of its own when its IdentityFile is none", async () => {
    assert.deepEqual((await resolve("IdentityFile none", "web")).identityFiles, []);
  });

  it("is read where there is no file as where the file is empty", async () => {
    const config = await SshConfigFile.read(join(folder, "missing"));

    assert.deepEqual(config.aliases(), []);
    assert.equal(config.resolve("web").hostName, "web");
  });

  it("is what one's own config says, and after it the system's", async () => {
    const own = await writeConfig("Host web\n User dev\n IdentityFile /own\n");
    const system = await writeConfig(
      "Host web\n User other\n Port 2022\n IdentityFile /all\nHost db\n",
    );

    const config = await SshConfigFile.read(own, system);

    const { user, port, identityFiles } = config.resolve("web");
    assert.deepEqual([user, port, identityFiles], ["dev", 2022, ["/own", "/all"]]);
    assert.deepEqual(config.aliases(), ["web", "db"]);
  });

  it("is not read from what is no file", async () => {
    await assert.rejects(SshConfigFile.read(folder), /EISDIR/);
  });

  it("has known hosts in files whose names have blanks in them", async () => {
    const host = await resolve('UserKnownHostsFile "/a b" /c\nGlobalKnownHostsFile "/d e"', "web");

    assert.deepEqual(host.userKnownHostsFiles, ["/a b", "/c"]);
    assert.deepEqual(host.globalKnownHostsFiles, ["/d e"]);
  });

  it("is looked up in known_hosts by its HostKeyAlias", async () => {
    assert.equal((await resolve("Host web\n HostKeyAlias pool", "web")).hostKeyAlias, "pool");
  });
});

describe("the aliases of an ssh config", () => {
  it("are the names of its Host lines, once each, in their order, without patterns", async () => {
    const text = [
      "Host web db",
      "host=cache",
      "Host *.example.com !x a?c * build01",
      'HOST "two words"',
      "Host db # again",
      "Match host never",
      "Host\tlast",
    ].join("\n");

    const config = await SshConfigFile.read(await writeConfig(text));

    assert.deepEqual(config.aliases(), ["web", "db", "cache", "build01", "two words", "last"]);
  });
});

describe("reading an ssh config", () => {
  it("never runs anything that the config names", async () => {
    const canary = join(folder, "canary");
    const programs = join(folder, "programs");
    await run("mkdir", ["-p", programs]);
    await writeFile(join(programs, "nslookup"), `#!/bin/sh\ntouch ${canary}\n`);
    await chmod(join(programs, "nslookup"), 0o755);
    const path = process.env.PATH;
    process.env.PATH = `${programs}:${String(path)}`;
    const text = [
      `Match exec "touch ${canary}"`,
      "  User evil",
      `Match host web exec "touch ${canary}"`,
      "  User evil",
      "Host web",
      "  CanonicalizeHostname yes",
      "  CanonicalDomains a.example b.example",
      `  ProxyCommand touch ${canary}`,
      `  KnownHostsCommand /usr/bin/touch ${canary}`,
      `  LocalCommand touch ${canary}`,
      "  PermitLocalCommand yes",
    ].join("\n");

    try {
      const host = await resolve(text, "web");

      assert.equal(host.user, userInfo().username);
      assert.equal(existsSync(canary), false);
    } finally {
      process.env.PATH = path;
    }
  });
});

/** What both say of a host; paths without tokens, which `ssh -G` prints as they are. */
async function both(path: string, alias: string) {
  const ours = (await SshConfigFile.read(path)).resolve(alias);
  const printed = await run(requireProgram("ssh"), ["-G", "-F", path, alias]);
  const all = (name: string): string[] =>
    printed
      .split("\n")
      .flatMap((line) => (line.startsWith(`${name} `) ? line.slice(name.length + 1) : []));
  const theirKeys = all("identityfile").map((file) => file.replace("~", homedir()));
  return {
    ours: {
      hostName: ours.hostName.toLowerCase(),
      port: String(ours.port),
      user: ours.user,
      identitiesOnly: ours.identitiesOnly ? "yes" : "no",
      identityFiles: ours.identityFiles.filter((file) => file.startsWith("/keys/")),
      knownHosts: ours.userKnownHostsFiles.join(" "),
    },
    theirs: {
      hostName: all("hostname")[0]?.toLowerCase(),
      port: all("port")[0],
      user: all("user")[0],
      identitiesOnly: all("identitiesonly")[0],
      identityFiles: theirKeys.filter((file) => file.startsWith("/keys/")),
      knownHosts: all("userknownhostsfile")[0]?.replaceAll("~", homedir()),
    },
  };
}

describe("an ssh config says the same to us as to `ssh -G`", () => {
  for (const [title, text, ...aliases] of [
    ["a plain entry", "Host web\n  HostName 192.0.2.1\n  Port 2222\n  User dev\n", "web", "db"],
    [
      "the first value wins",
      "Host web\n User a\nHost *\n User b\n Port 1\nHost web\n Port 2\n",
      "web",
      "db",
    ],
    ["what comes before any Host", "User first\nPort 2022\nHost web\n User dev\n", "web", "db"],
    [
      "patterns",
      "Host *.example.com w?b\n User dev\n",
      "a.example.com",
      "web",
      "wb",
      "example.com",
    ],
    [
      "negation",
      "Host *.example.com !db.example.com\n User dev\n",
      "web.example.com",
      "db.example.com",
    ],
    ["negation alone", "Host !web\n User dev\n", "web", "db"],
    ["any case of keywords", "hOST web\n\thOSTNAME x\n\tUSER dev\n\tpORT 3\n", "web"],
    ["case of names", "Host Web\n User dev\n", "web", "Web"],
    ["an equals sign", "Host=web\nUser=dev\nPort = 2200\nHostName =x\n", "web"],
    ["CRLF", "Host web\r\n  HostName x\r\n  User dev\r\n  Port 2200\r\n", "web"],
    ["tabs", "Host\tweb\n\tUser\tdev\n", "web"],
    ["comments", "# Host web\nHost web # mine\n  User dev # me\n  #Port 9\n", "web"],
    ["quotes", 'Host "web"\n  User "dev"\n  HostName "x"\n  IdentityFile "/keys/a b"\n', "web"],
    [
      "%h in HostName",
      "Host web db\n HostName %h.example.com\nHost x\n HostName a%%h%%%h\n",
      "web",
      "db",
      "x",
    ],
    [
      "several keys",
      "Host web\n IdentityFile /keys/a\nHost *\n IdentityFile /keys/b\n IdentityFile /keys/a\n",
      "web",
      "db",
    ],
    ["IdentitiesOnly", "Host web\n IdentitiesOnly yes\n", "web", "db"],
    [
      "known hosts",
      "Host web\n UserKnownHostsFile /a /b\nHost db\n UserKnownHostsFile ~/c\n",
      "web",
      "db",
      "x",
    ],
    [
      "quoted known hosts",
      'Host web\n UserKnownHostsFile "/a b" /c\nHost db\n UserKnownHostsFile "/d e"\n',
      "web",
      "db",
    ],
    ["no known hosts", "Host web\n UserKnownHostsFile /dev/null\n", "web"],
    [
      "a name that is a property of objects",
      "Host constructor\n User dev\n",
      "constructor",
      "toString",
    ],
    ["no newline at the end", "Host web\n  User dev", "web"],
    ["a section without lines", "Host web\nHost db\n User dev\n", "web", "db"],
  ] as const) {
    it(title, async () => {
      const path = await writeConfig(text);
      for (const alias of aliases) {
        const { ours, theirs } = await both(path, alias);

        assert.deepEqual(ours, theirs, alias);
      }
    });
  }
});
