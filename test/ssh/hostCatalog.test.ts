import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { SshHostCatalog, type SshSettings } from "../../src/ssh/hostCatalog";
import { createLogger } from "../support/createTasks";

async function createCatalog(t: TestContext, text: string, more: SshSettings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "catalog-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const sshConfigFile = join(folder, "config");
  await writeFile(sshConfigFile, text);
  const log: string[] = [];
  const settings: SshSettings = { sshConfigFile, ...more };
  const catalog = new SshHostCatalog(() => settings, createLogger(log));
  return { catalog, log, folder, edit: (edited: string) => writeFile(sshConfigFile, edited) };
}

describe("the hosts on offer", () => {
  it("are those of the ssh config, in its order, with where they lead", async (t) => {
    const { catalog } = await createCatalog(
      t,
      "Host web\n HostName web.example.com\n Port 2222\n User dev\nHost *.internal\nHost db\n",
    );

    const common = { tags: [], description: "" };
    assert.deepEqual(await catalog.listHosts(), [
      { alias: "web", hostName: "web.example.com", port: 2222, user: "dev", ...common },
      { alias: "db", hostName: "db", port: 22, user: userInfo().username, ...common },
    ]);
    assert.equal((await catalog.findHost("web"))?.hostName, "web.example.com");
  });

  it("have the tags that the settings give them", async (t) => {
    const tags = { web: ["web", "db"], prod: ["db", "nowhere"], constructor: ["web"] };
    const { catalog } = await createCatalog(t, "Host web\nHost db\nHost other\n", { tags });

    const listed = (await catalog.listHosts()).map((host) => [host.alias, host.tags]);
    assert.deepEqual(listed, [
      ["web", ["web", "constructor"]],
      ["db", ["web", "prod"]],
      ["other", []],
    ]);
  });

  it("are none where there is no ssh config", async (t) => {
    const { catalog } = await createCatalog(t, "", { sshConfigFile: "/nonexistent/config" });

    assert.deepEqual(await catalog.listHosts(), []);
    assert.equal(await catalog.findHost("web"), undefined);
  });

  it("are found by a pattern too, but not by one that fits everything, and listed by none", async (t) => {
    const text = "Host *.lab web? !web9 !-*\n User dev\nHost * !x\nHost ??\nHost -*\nHost ?*\n";
    const { catalog } = await createCatalog(t, text);

    for (const alias of ["a.lab", "web1"]) {
      assert.equal((await catalog.findHost(alias))?.user, "dev");
      assert.deepEqual(await catalog.findTags(alias), { alias, tags: [] });
    }
    for (const alias of ["web9", "-a.lab", "lab", "b", "ab", "web1/.lab", "$(id).lab", ""]) {
      assert.equal(await catalog.findHost(alias), undefined, alias);
      assert.equal(await catalog.findConfig(alias), undefined, alias);
      assert.equal(await catalog.findTags(alias), undefined, alias);
    }
    assert.deepEqual(await catalog.listHosts(), []);
  });

  it("leave out aliases that a task can't carry, and the log says so once", async (t) => {
    const long = "x".repeat(101);
    const { catalog, log } = await createCatalog(
      t,
      `Host web a/b "two words" -x jörg ${long} $(id)\n`,
    );

    const hosts = await catalog.listHosts();
    await catalog.listHosts();
    const found = await catalog.findHost("a/b");

    assert.deepEqual(
      hosts.map(({ alias }) => alias),
      ["web"],
    );
    assert.equal(found, undefined);
    assert.equal(log.length, 6, log.join("\n"));
    assert.match(log.join("\n"), /warn: host "a\/b" is left out: its alias has characters/);
  });

  it("are read anew each time, so that an edited file counts at once", async (t) => {
    const { catalog, edit } = await createCatalog(t, "Host web\n HostName a\n");
    const before = await catalog.findHost("web");

    await edit("Host web\n HostName b\nHost new\n");

    assert.deepEqual([before?.hostName, (await catalog.findHost("web"))?.hostName], ["a", "b"]);
    assert.equal((await catalog.listHosts()).length, 2);
  });

  for (const [title, text] of [
    ["is no file", undefined],
    ["has an open quote", 'Host web\n User "dev\n'],
    ["includes itself", "Include SELF\n"],
  ] as const) {
    it(`are an error with a next step when the ssh config ${title}`, async (t) => {
      const { folder, edit } = await createCatalog(t, "");
      const path = text === undefined ? folder : join(folder, "config");
      if (text !== undefined) await edit(text.replace("SELF", path));
      const broken = new SshHostCatalog(() => ({ sshConfigFile: path }), createLogger());

      for (const ask of [
        () => broken.listHosts(),
        () => broken.findHost("web"),
        () => broken.findConfig("web"),
      ])
        await assert.rejects(ask, (error: Error & { code?: string }) => {
          assert.equal(error.code, "configUnreadable");
          assert.ok(
            error.message.startsWith(`The ssh config ${path} can't be read: `),
            error.message,
          );
          assert.match(error.message, /Correct the file or the setting sshTasks\.sshConfigFile\.$/);
          return true;
        });
    });
  }
});

describe("what a connection needs to know of a host", () => {
  it("has the known hosts of the config, or only that of the setting", async (t) => {
    const text = "Host web\n UserKnownHostsFile /a\n GlobalKnownHostsFile /b\n";
    const { catalog } = await createCatalog(t, text);
    const { catalog: other } = await createCatalog(t, text, { knownHostsFile: "/mine" });

    const [plain, set] = [await catalog.findConfig("web"), await other.findConfig("web")];

    assert.deepEqual([plain?.userKnownHostsFiles, plain?.globalKnownHostsFiles], [["/a"], ["/b"]]);
    assert.deepEqual([set?.userKnownHostsFiles, set?.globalKnownHostsFiles], [["/mine"], []]);
  });
});
