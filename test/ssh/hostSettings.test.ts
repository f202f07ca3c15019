import assert from "node:assert/strict";
import { homedir } from "node:os";
import { describe, it, type TestContext } from "node:test";
import { readHostSettings } from "../../src/ssh/hostSettings";
import { createCatalog, type CatalogOptions } from "../support/openSshCatalog";

const web = { alias: "web", host: "web.example" };

describe("an entry of sshTasks.hosts", () => {
  it("says to ssh what it says of the way to the host", () => {
    const entry = {
      ...{ tags: ["prod"], description: "Web server, Zürich", jump: "me@[::1]:22,b", user: "dev" },
      ...{ alias: "web", host: "fe80::1%eth0", port: 2222, identityFile: "~/.ssh/id work" },
    };

    const { hosts, faults } = readHostSettings([entry]);

    assert.deepEqual(faults, []);
    assert.deepEqual(hosts.get("web"), {
      alias: "web",
      tags: ["prod"],
      description: "Web server, Zürich",
      sshOptions: [
        "HostName=fe80::1%%eth0",
        "Port=2222",
        "User=dev",
        'IdentityFile="~/.ssh/id work"',
        "ProxyJump=me@[::1]:22,b",
      ],
    });
  });

  for (const [field, values] of [
    ["host", ["a", "10.0.0.1", "::1", "a_b.example"]],
    ["port", [1, 65_535]],
    ["user", ["dev", "DOM\\dev", "dev@example.com", "pc$", "jörg"]],
    ["identityFile", ["/a", "~/b c", "C:\\keys\\x"]],
    ["jump", ["none", "a", "u@a:1,b,[::1]"]],
    ["tags", [[], ["a", "b"]]],
    ["description", ["", "x".repeat(500)]],
  ] as const) {
    it(`may have the ${field} of every usual form`, () => {
      for (const value of values)
        assert.deepEqual(readHostSettings([{ ...web, [field]: value }]).faults, []);
    });
  }

  for (const [field, values] of [
    [
      "host",
      ["", "-oProxyCommand=x", "a b", "a\nUser x", "a%h", "a;b", "$(id)", "a".repeat(256), 7],
    ],
    ["port", [0, 65_536, 1.5, "22", null]],
    ["user", ["", "-x", "a b", "a\n", "a'b", "a;b", "a%u", "${a}", "a\\", "a\\\\b", "`id`", 7]],
    ["identityFile", ["", "-x", 'a"b', "a\nb", "a\\", "a\0", 7]],
    ["jump", ["", "-x", "a,", "a,-b", "a b", "a\nb", "a:0", "a:70000", "-u@a", "$(a)", "a/b", 7]],
    ["tags", ["a", ["a b"], [7], [""], null]],
    ["description", ["a\nb", "\x1b[31m", "x".repeat(501), 7]],
    ["hostname", ["x"]],
    ["__proto__x", ["x"]],
    ["constructor", ["x"]],
  ] as const) {
    it(`is left out with a sentence that names it where ${field} is not one`, () => {
      for (const value of values) {
        const { hosts, faults } = readHostSettings([
          { ...web, [field]: value },
          { alias: "db", host: "b" },
        ]);

        assert.deepEqual([...hosts.keys()], ["db"], JSON.stringify(value));
        const [fault, ...more] = faults;
        assert.deepEqual([fault?.alias, more], ["web", []]);
        assert.match(String(fault?.message), /^entry 1 of sshTasks\.hosts \(web\): /);
        assert.ok(fault?.message.includes(field), fault?.message);
      }
    });
  }

  it("has an alias and a host, and no alias twice", () => {
    const { hosts, faults } = readHostSettings([
      ...[7, null, [], {}, { host: "a" }, { alias: "-x", host: "a" }, { alias: "a b", host: "a" }],
      ...[{ alias: "only" }, web, { ...web, port: 7 }],
    ]);

    assert.deepEqual(
      [...hosts.values()].map(({ sshOptions }) => sshOptions),
      [["HostName=web.example"]],
    );
    assert.deepEqual(
      faults.map(({ alias }) => alias),
      [...Array.from({ length: 7 }, () => undefined), "only", undefined],
    );
    assert.match(
      faults.map(({ message }) => message).join("\n"),
      /entry 10 of sshTasks\.hosts \(web\): alias/,
    );
    assert.match(String(readHostSettings({}).faults[0]?.message), /must be a list/);
    assert.deepEqual(readHostSettings(undefined).faults, []);
  });
});

describe("the hosts of sshTasks.hosts", () => {
  const create = (
    t: TestContext,
    hosts: readonly object[],
    options: CatalogOptions & { config?: string } = {},
  ) =>
    createCatalog(t, options.config ?? "", {
      ...options,
      settings: { ...options.settings, hosts },
    });

  for (const program of [undefined, "/nonexistent/ssh"]) {
    it(`add to the ssh config and go before it, ${program ? "without" : "with"} an ssh`, async (t) => {
      const { catalog } = await create(
        t,
        [
          { ...web, user: "dev", identityFile: "~/k", tags: ["a", "b"], description: "The web" },
          { alias: "db", host: "db.example", jump: "web" },
        ],
        {
          ...(program && { program }),
          config:
            "Host db\n HostName old\n Port 7\nHost *\n User other\n IdentityFile /all\n ProxyCommand x\n",
          settings: { tags: { b: ["web"], c: ["web"] } },
        },
      );

      const [db, listed] = await catalog.listHosts();
      const host = await catalog.findConfig("db");
      assert.deepEqual([db?.hostName, db?.port, db?.user], ["db.example", 7, "other"]);
      assert.deepEqual(listed, {
        ...{ alias: "web", hostName: "web.example", port: 22, user: "dev" },
        ...{ tags: ["a", "b", "c"], description: "The web" },
      });
      assert.deepEqual(await catalog.findHost("web"), listed);
      assert.deepEqual(await catalog.findTags("web"), { alias: "web", tags: ["a", "b", "c"] });
      assert.deepEqual(
        [host?.hostName, host?.port, host?.proxyCommand],
        ["db.example", 7, undefined],
      );
      assert.deepEqual(host?.sshOptions, ["HostName=db.example", "ProxyJump=web"]);
      const [jump] = host.jumps ?? [];
      assert.deepEqual(
        [jump?.hostName, jump?.user, jump?.identityFiles],
        ["web.example", "dev", [`${homedir()}/k`, "/all"]],
      );
    });
  }

  it("count at once where they are changed", async (t) => {
    const hosts = [{ ...web, user: "a" }];
    const { catalog } = await create(t, hosts);
    assert.equal((await catalog.findHost("web"))?.user, "a");

    hosts[0] = { ...web, user: "b" };

    assert.equal((await catalog.findHost("web"))?.user, "b");
  });

  it("are there where there is no ssh config", async (t) => {
    const sshConfigFile = "/nonexistent/config";
    const { catalog } = await create(t, [web], { settings: { sshConfigFile } });

    const host = await catalog.findConfig("web");

    assert.deepEqual([host?.hostName, host?.configFile], ["web.example", "none"]);
  });

  it("leave out what can't be used: the log says so once, and so does who asks for it", async (t) => {
    const faulty = { alias: "db", host: "-x" };
    const { catalog, log } = await create(
      t,
      [faulty, web, { alias: "far", host: "a", jump: "db" }],
      {
        config: "Host db\n",
      },
    );

    assert.deepEqual(
      (await catalog.listHosts()).map(({ alias }) => alias),
      ["db", "web", "far"],
    );
    await catalog.findHost("web");
    assert.deepEqual(log, [
      "warn: entry 1 of sshTasks.hosts (db): host must be a host name or an IP address; the entry is left out",
    ]);
    for (const alias of ["db", "far"])
      await assert.rejects(catalog.findHost(alias), {
        code: "configUnreadable",
        message:
          "The host can't be used: entry 1 of sshTasks.hosts (db): host must be a host name or an IP address. Correct the setting.",
      });
  });
});
