import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { requireProgram, run } from "../support/childProcesses";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "include-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Writes files into a folder of their own; `DIR` in them is that folder. Gives the path of `config`. */
async function writeConfigs(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(folder, "c-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text.replaceAll("DIR", dir), { mode: 0o600 });
  }
  return join(dir, "config");
}

async function userOf(path: string, alias: string): Promise<string> {
  return (await SshConfigFile.read(path)).resolve(alias).user;
}

/** The user that OpenSSH takes. */
async function theirUserOf(path: string, alias: string): Promise<string | undefined> {
  const printed = await run(requireProgram("ssh"), ["-G", "-F", path, alias]);
  return /^user (.*)$/m.exec(printed)?.[1];
}

describe("an Include of an ssh config", () => {
  for (const [title, files, aliases] of [
    [
      "of an absolute path",
      { config: "Include DIR/more\nHost *\n User last\n", more: "Host web\n User dev\n" },
      ["web", "db"],
    ],
    [
      "of a glob, in the order of names",
      {
        config: "Include DIR/d/*.conf\n",
        "d/b.conf": "User b\n",
        "d/a.conf": "Host web\n User a\n",
        "d/c.txt": "Host web\n User c\n",
      },
      ["web", "db"],
    ],
    [
      "of several paths",
      { config: "Include DIR/a DIR/b\n", a: "Host web\n User a\n", b: "User b\n" },
      ["web", "db"],
    ],
    [
      "of a quoted path",
      { config: 'Include "DIR/with blank"\n', "with blank": "Host web\n User dev\n" },
      ["web"],
    ],
    ["of what does not exist", { config: "Include DIR/missing DIR/none/*\nUser dev\n" }, ["web"]],
    [
      "in a file that is included",
      { config: "Include DIR/a\n", a: "Include DIR/b\n", b: "Host web\n User dev\n" },
      ["web"],
    ],
    [
      "inside a Host section, without sections of its own",
      { config: "Host web\n Include DIR/a\n Port 7\nHost *\n User last\n", a: "User dev\n" },
      ["web", "db"],
    ],
    [
      "inside a Host section, with sections of its own",
      {
        config: "Host web\n Include DIR/a\nHost *\n User last\n",
        a: "Host db\n User db\nHost web\n User dev\n",
      },
      ["web", "db"],
    ],
    [
      "inside a Host section, which goes on after it",
      {
        config: "Host web\n Include DIR/a\n User dev\nHost *\n User last\n",
        a: "Host db\n User db\n",
      },
      ["web", "db"],
    ],
    [
      "whose last section ends with it",
      { config: "Include DIR/a\nUser after\n", a: "Host web\n User dev\n" },
      ["web", "db"],
    ],
    [
      "before the first section, again",
      { config: "User first\nInclude DIR/a\n", a: "User second\n" },
      ["web"],
    ],
    [
      "of a file with CRLF",
      { config: "Include DIR/a\r\nHost *\r\n User last\r\n", a: "Host web\r\n User dev\r\n" },
      ["web", "db"],
    ],
    ["with an equals sign", { config: "Include=DIR/a\n", a: "User dev\n" }, ["web"]],
    ["in any case", { config: "INCLUDE DIR/a\n", a: "User dev\n" }, ["web"]],
  ] as readonly (readonly [string, Record<string, string>, readonly string[]])[]) {
    it(`says the same to us as to \`ssh -G\`: ${title}`, async () => {
      const path = await writeConfigs(files);

      for (const alias of aliases)
        assert.equal(await userOf(path, alias), await theirUserOf(path, alias), alias);
    });
  }

  it("takes a relative path from ~/.ssh, wherever the config is, as OpenSSH does", async (t) => {
    const path = await writeConfigs({ config: "Include d/*\n", "d/a": "Host web\n User evil\n" });
    const ssh = join(homedir(), ".ssh");
    const made = await mkdir(ssh, { recursive: true, mode: 0o700 });
    const file = join(ssh, `ssh-tasks-test-${basename(dirname(path))}`);
    await writeFile(file, "Host db\n User dev\n", { mode: 0o600 });
    t.after(async () => {
      await rm(file);
      if (made !== undefined) await rmdir(ssh);
    });
    await writeFile(path, `Include d/*\nInclude ${basename(file)}\n`);

    for (const alias of ["web", "db"])
      assert.equal(await userOf(path, alias), await theirUserOf(path, alias));
    assert.equal(await userOf(path, "db"), "dev");
  });

  it("in the system's config takes a relative path from its folder", async () => {
    const path = await writeConfigs({ config: "Include d/*\n", "d/a": "Host web\n User dev\n" });

    const config = await SshConfigFile.read(join(dirname(path), "missing"), path);

    assert.equal(config.resolve("web").user, "dev");
  });

  it("takes a path with a tilde from the home directory", async (t) => {
    const path = await writeConfigs({ config: "", more: "Host web\n User dev\n" });
    const file = join(homedir(), `.ssh-tasks-test-${basename(dirname(path))}`);
    await writeFile(file, "Host web\n User dev\n", { mode: 0o600 });
    t.after(() => rm(file));
    await writeFile(path, `Include ~/${basename(file)}\n`);

    assert.equal(await userOf(path, "web"), "dev");
  });

  it("lists the aliases of what it includes, where a user can reach them", async () => {
    const path = await writeConfigs({
      config: "Include DIR/m\nHost a web*\n Include DIR/n\nHost c\n",
      m: "Host b\n",
      n: "Host hidden\nHost web01\n",
    });

    assert.deepEqual((await SshConfigFile.read(path)).aliases(), ["b", "a", "web01", "c"]);
  });

  it("leaves out what only a Match section includes", async () => {
    const path = await writeConfigs({
      config: "Match user nobody-at-all\n Include DIR/m\nHost *\n User last\n",
      m: "User evil\nHost web\n User evil\n",
    });

    assert.equal(await userOf(path, "web"), "last");
  });

  it("is followed as deep as OpenSSH does, and no deeper", async () => {
    const files: Record<string, string> = { config: "Include DIR/f1\n", f17: "User deep\n" };
    for (let depth = 1; depth < 16; depth++) files[`f${depth}`] = `Include DIR/f${depth + 1}\n`;
    const path = await writeConfigs({ ...files, f16: "Host web\n User dev\n" });
    const deeper = await writeConfigs({ ...files, f16: "Include DIR/f17\n" });

    assert.equal(await theirUserOf(path, "web"), "dev");
    assert.equal(await userOf(path, "web"), "dev");
    await assert.rejects(theirUserOf(deeper, "web"), /Too many recursive configuration includes/);
    await assert.rejects(SshConfigFile.read(deeper), /Include leads more than 16 files deep/);
  });

  it("that leads back to itself is refused as by OpenSSH, and at once", async () => {
    const path = await writeConfigs({
      config: "Include DIR/config DIR/config DIR/config\nHost web\n User dev\n",
    });

    await assert.rejects(theirUserOf(path, "web"), /Too many recursive configuration includes/);
    await assert.rejects(SshConfigFile.read(path), /Include.*16/);
  });
});
