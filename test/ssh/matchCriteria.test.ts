import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { requireProgram, run } from "../support/childProcesses";

const me = userInfo().username;

describe("a Match section", () => {
  let folder: string;
  let path: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "match-"));
    path = join(folder, "config");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function userOf(text: string, alias: string): Promise<string> {
    await writeFile(path, text);
    return (await SshConfigFile.read(path)).resolve(alias).user;
  }

  for (const [title, text] of [
    ["all", "Match all\n User m\n"],
    ["not all", "Match !all\n User m\n"],
    ["host", "Match host web,*.lab\n User m\n"],
    ["host, in any case", "match HOST WEB\n User m\n"],
    ["host with an equals sign", "Match host=web\n User m\n"],
    ["host in quotes", 'Match host "web"\n User m\n'],
    ["host and a comment", "Match host web # or not\n User m\n"],
    ["host, negated", "Match !host web\n User m\n"],
    ["host with a negated pattern", "Match host *,!web\n User m\n"],
    ["host by its HostName", "Host web\n HostName x.lab\nMatch host *.lab\n User m\n"],
    ["host by a HostName with %h", "Host web\n HostName %h.lab\nMatch host web.lab\n User m\n"],
    ["host before its HostName", "Match host x.lab\n User m\nHost web\n HostName x.lab\n"],
    [
      "originalhost whatever its HostName",
      "Host web\n HostName x\nMatch originalhost web\n User m\n",
    ],
    ["user", "Host web\n User dev\nMatch user d*,!deb\n Port 7\n User m\n"],
    ["user that nothing names", `Match user ${me}\n User m\n`],
    ["user in another case", `Match user ${me.toUpperCase()}\n User m\n`],
    ["localuser", `Match localuser ${me}\n User m\n`],
    ["localuser, negated", `Match !localuser ${me}\n User m\n`],
    ["several criteria", `Match host web localuser ${me} !user other\n User m\n`],
    ["final", "Match final\n User m\n"],
    ["final with a host", "Match final host x.lab\n User m\nHost web\n HostName X.lab\n"],
    [
      "final, and so Host by HostName",
      "Host x.lab\n User m\nHost web\n HostName x.lab\nMatch final\n",
    ],
    ["canonical", "Match canonical\n User m\n"],
    ["canonical, negated", "Match !canonical\n User m\n"],
    ["canonical in the second pass", "Match canonical\n User m\nMatch final\n Port 7\n"],
  ] as const) {
    it(`says the same to us as to \`ssh -G\`: ${title}`, async () => {
      for (const alias of ["web", "a.lab", "x.lab"]) {
        const ours = await userOf(text, alias);
        const printed = await run(requireProgram("ssh"), ["-G", "-F", path, "--", alias]);
        assert.equal(ours, /^user (.*)$/m.exec(printed)?.[1], alias);
      }
    });
  }

  for (const criterion of [
    "exec true",
    "!exec false",
    "exec=true",
    "localnetwork 0.0.0.0/0",
    "tagged x",
    "!tagged x",
    "host",
  ]) {
    it(`does not hold where that can't be known: ${criterion}`, async () => {
      assert.equal(await userOf(`Match ${criterion}\n User m\n`, "web"), me);
      assert.equal(await userOf(`Match host web ${criterion}\n User m\n`, "web"), me);
    });
  }
});
